import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { provision, setsBy } from './people.ts'
import { compare } from './rounds.ts'
import { type Running, startRollcall } from './servers.ts'
import { cellsOf, goal, row } from './table.ts'
import { drive, requireWrk } from './wrk.ts'

/*
 * Durable sets beside the same server with a ledger in memory, and reads beside durable sets on a disk that takes 4 ms to flush.
 * Each set is a Mattermost PUT status that changes something.
 */

const ROUNDS = 8
const SECONDS = 2
const USERS = 1000
const FLUSH_MICROSECONDS = 4000

requireWrk()
await benchSets()
await benchSlowFlush()

async function benchSets(): Promise<void> {
  const [durable, memory] = [await startRollcall(), await startRollcall({ store: 'memory:' })]
  try {
    const [forDurable, forMemory] = [setsBy(await provision(durable.url, USERS)), setsBy(await provision(memory.url, USERS))]
    console.log(
      `\nDurable sets: best of ${ROUNDS} rounds of ${SECONDS} s each, in turn with the same server and a ledger in memory.\n`,
    )
    row('case', 'µs CPU', 'memory µs', 'ratio', 'per s', 'memory per s', 'ratio', 'p99 ms', 'goal')
    for (const [connections, p99Max] of [
      [64, 20],
      [500, 250],
    ] as const) {
      const side = (server: Running, lua: string) => ({ server, path: '', load: { connections, headers: {}, lua } })
      const best = await compare(side(durable, forDurable), side(memory, forMemory), { rounds: ROUNDS, seconds: SECONDS })
      const { ours, cpuRatio, rateRatio } = best
      row(
        `set, ${connections} connections`,
        ...cellsOf(best),
        goal(Math.max(cpuRatio, rateRatio) >= 0.55 && ours.p99 < p99Max, `0.55, < ${p99Max}`),
      )
    }
  } finally {
    await Promise.all([durable.stop(), memory.stop()])
  }
}

/** Eight readers who each ask a thousand times a second at most, beside 64 writers. */
async function benchSlowFlush(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-bench-'))
  try {
    const library = join(folder, 'slow-flush.so')
    if (!isCompiled(library)) return console.log('\nNo C compiler here: reads beside a slow flush were not measured.')
    const server = await startRollcall({ env: { LD_PRELOAD: library, SLOW_FLUSH_US: String(FLUSH_MICROSECONDS) } })
    try {
      await readBesideWrites(server)
    } finally {
      await server.stop()
    }
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function readBesideWrites(server: Running): Promise<void> {
  const people = await provision(server.url, USERS)
  const [reader, other] = people
  if (reader === undefined || other === undefined) throw new Error('nobody was provisioned')
  const url = `${server.url}/api/v4/users/${other.ids.mattermost}/status`
  const headers = { Authorization: `Bearer ${reader.token}` }
  console.log(`\nReads (8 connections) beside sets (64 connections), each flush taking ${FLUSH_MICROSECONDS / 1000} ms.\n`)
  row('case', 'reads per s', 'p50 ms', 'p99 ms', 'sets per s', 'p99 ms', 'goal')
  const read = () => drive({ url, connections: 8, seconds: SECONDS, headers, delayMs: 1 })
  const rounds = []
  for (let round = 0; round < ROUNDS; round++)
    rounds.push(
      await Promise.all([
        read(),
        drive({ url: server.url, connections: 64, seconds: SECONDS, headers: {}, lua: setsBy(people) }),
      ]),
    )
  const [best] = rounds.sort(([one], [another]) => one.p50 - another.p50)
  if (best === undefined) return
  const [reads, sets] = best
  const cells = [reads.perSecond.toFixed(0), reads.p50.toFixed(2), reads.p99.toFixed(2)]
  row('read beside sets', ...cells, sets.perSecond.toFixed(0), sets.p99.toFixed(2), goal(reads.p50 < 1, 'p50 < 1'))
}

function isCompiled(library: string): boolean {
  const source = fileURLToPath(new URL('slow-flush.c', import.meta.url))
  try {
    execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
