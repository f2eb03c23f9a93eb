import { randomBytes } from 'node:crypto'
import type { UserId } from '../src/core/vocabulary.ts'
import { createDirectory } from '../src/directory/directory.ts'
import { newId } from '../src/directory/random.ts'
import { createEngine } from '../src/engine/engine.ts'
import { createGroups } from '../src/groups/groups.ts'
import { createMemoryLedger } from '../src/ledgers/memory.ts'
import { goal, row } from './table.ts'

/*
 * Questions to a group of 10,000 of whom a tenth is online, in this process over a ledger in memory: engine time alone, without
 * HTTP. A choice is written behind; what that takes is not in it.
 */

const MEMBERS = 10_000
const BATCH = 1_000
const CALLS = 20_000
const FIRST_MICROSECONDS_MAX = 50

const log = { warn: () => {}, error: () => {} }
const ledger = createMemoryLedger()
const directory = createDirectory({ ledger, idSpaces: [], random: randomBytes, log })
const { subjects, settings, authentication, keys } = directory
const engine = createEngine({ ledger, subjects, settings, log })
const groups = createGroups({ ledger, keys, subjects, presence: engine.service, log, newId: () => newId(randomBytes) })
ledger.follow(await ledger.load(() => {}), {
  commit: (commit) => (commit.partition === 'directory' ? directory : engine).commit(commit),
  reload: () => {},
})
await engine.loaded({})
await groups.start()
await directory.firstAdministrator({ username: 'root', password: 'root-password' })
const { principal } = await authentication.login(
  { login: 'root' },
  { password: 'root-password' },
  { address: '', tokenLength: 43 },
)
const administration = directory.administration.as(principal)
const own = groups.service.as(principal)
const { commands } = engine.service.as(principal, 'bench')

const people: UserId[] = []
for (let from = 0; from < MEMBERS; from += BATCH) {
  const made = Array.from({ length: BATCH }, (_, i) => administration.createUser({ username: `user${from + i}` }))
  people.push(...(await Promise.all(made)).map(({ id }) => id))
}
const { id } = await own.create('bench', [])
for (let from = 0; from < MEMBERS; from += BATCH) await own.changeMembers(id, { add: people.slice(from, from + BATCH) })
await Promise.all(
  people.filter((_, i) => i % 10 === 0).map((userId) => commands.change(userId, [{ type: 'online_declared', alike: null }])),
)

console.log(`\nGroups: ${MEMBERS.toLocaleString('en')} members, a tenth of them online; µs of engine time for each call.\n`)
row('call', 'mean µs', 'p99 µs', 'goal')
const first = await measure('first available', () => own.firstAvailable(id), `< ${FIRST_MICROSECONDS_MAX} µs`)
if (first > FIRST_MICROSECONDS_MAX) process.exitCode = 1
await measure('first available, a peek', () => own.firstAvailable(id, { peek: true }))
await measure('counts', () => own.counts(id))
await measure('100 members with presence', () => own.members(id, { after: null, limit: 100 }))
for (const part of [groups, engine, directory, ledger]) await part.close()

/** Answers the p99, in µs. */
async function measure(name: string, call: () => unknown, wanted = ''): Promise<number> {
  const times = new Float64Array(CALLS)
  for (let i = 0; i < CALLS; i++) {
    const began = process.hrtime.bigint()
    call()
    times[i] = Number(process.hrtime.bigint() - began) / 1_000
    // Between them everything else goes on, as in a server.
    if (i % 100 === 0) await new Promise(setImmediate)
  }
  times.sort()
  const [mean, p99] = [times.reduce((sum, time) => sum + time, 0) / CALLS, times[Math.floor(CALLS * 0.99)] ?? 0]
  row(name, mean.toFixed(2), p99.toFixed(2), wanted === '' ? '' : goal(p99 <= FIRST_MICROSECONDS_MAX, wanted))
  return p99
}
