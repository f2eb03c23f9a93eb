import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createLog } from '../../src/bin/log.ts'
import type { Principal } from '../../src/core/principal.ts'
import type { Services } from '../../src/core/service.ts'
import { mattermostIds } from '../../src/dialects/mattermost/ids.ts'
import { createLines, KEPT_MS, type Lines } from '../../src/dialects/mattermost/socket-lines.ts'
import { createDirectory } from '../../src/directory/directory.ts'
import { createEngine } from '../../src/engine/engine.ts'
import { createGroups } from '../../src/groups/groups.ts'
import { createMemoryLedger } from '../../src/ledgers/memory.ts'
import { createLifelines } from '../../src/realtime/lifelines.ts'
import { payloadOf } from '../../src/realtime/wire.ts'

const BEGAN = 1_800_000_000_000
const PASSWORD = 'a password for tests'

let at = BEGAN
let lines: Lines
let ada: Principal
let stop: () => Promise<void>
beforeEach(async () => {
  at = BEGAN
  const ledger = createMemoryLedger({ clock: () => at })
  const log = createLog({ form: 'off' })
  const directory = createDirectory({ ledger, idSpaces: [mattermostIds], random: randomBytes, log })
  const { subjects, settings, authentication } = directory
  const engine = createEngine({ ledger, subjects, settings, onEnded: authentication.onEnded, log })
  const positions = await ledger.load(() => undefined)
  directory.loaded(positions)
  await engine.loaded(positions)
  ledger.follow(positions, {
    commit: (commit) => (commit.partition === 'directory' ? directory : engine).commit(commit),
    reload: () => expect.unreachable(),
  })
  await directory.firstAdministrator({ username: 'ada', password: PASSWORD })
  const login = { login: 'ada' }
  ada = (await authentication.login(login, { password: PASSWORD }, { address: '', tokenLength: 26 })).principal
  const [presence, newId] = [engine.service, () => 'x'.repeat(26)]
  const groups = createGroups({ ledger, keys: directory.keys, subjects, presence, newId, log }).service
  const services: Services = { ...directory, presence, groups, log, now: () => at, newId }
  lines = createLines(services)
  stop = async () => {
    await engine.close()
    await directory.close()
    await ledger.close()
  }
})
afterEach(() => stop())

const ID = 'a'.repeat(26)

test('[MM-3.2-27] a line is kept for 5 minutes after it was cut', () => {
  const line = lines.open(ada, ID, 1)
  line.tell(Buffer.from('{"seq": '))
  lines.keep(line)
  at += KEPT_MS - 1
  expect(lines.find(ada, ID)).toBe(line)
  expect(line.from(1)?.map((frame) => payloadOf(frame).toString())).toEqual(['{"seq": 1}'])
  at += 1
  expect(lines.find(ada, ID)).toBeNull()
})

test('[MM-3.2-27] while it has a socket, and after it got one again, it stays', () => {
  const line = lines.open(ada, ID, 1)
  at += 2 * KEPT_MS
  expect(lines.find(ada, ID)).toBe(line)
  lines.keep(line)
  at += KEPT_MS - 1
  lines.unkeep(line)
  at += KEPT_MS
  expect(lines.find(ada, ID)).toBe(line)
})

test('[MM-3.2-27] of one user, and of all, those cut first are forgotten first', () => {
  const principals = Array.from({ length: 2_000 }, (_, number): Principal => ({ ...ada, userId: `user${number}` }))
  const known = (number: number): boolean => lines.find(principals[number % 2_000] ?? ada, `${number}`) !== null
  const cut = Array.from({ length: 20_003 }, (_, number) => lines.open(principals[number % 2_000] ?? ada, `${number}`, 1))
  for (const line of cut) lines.keep(line)
  expect([0, 1, 2, 3, 20_002].map(known)).toEqual([false, false, false, true, true])
  const own = Array.from({ length: 21 }, (_, number) => lines.open(ada, `own${number}`, 1))
  for (const line of own) lines.keep(line)
  expect(own.map(({ connectionId }) => lines.find(ada, connectionId) !== null)).toEqual(own.map((_, at) => at > 0))
})

test('[MM-3.2-24] who is silent for 60 seconds is pinged, and given up after 100', () => {
  vi.useFakeTimers()
  try {
    const lifelines = createLifelines()
    const said: string[] = []
    const none = () => 0
    const say = (word: string) => () => void said.push(word)
    const shared = { handedBytes: none, waitingBytes: none, slow: say('slow'), rested: say('rested') }
    lifelines.add({ ...shared, ping: say('ping'), dead: say('dead') }, null)
    vi.advanceTimersByTime(59_000)
    expect(said).toEqual([])
    vi.advanceTimersByTime(21_000)
    expect(said).toContain('ping')
    expect(said).not.toContain('dead')
    vi.advanceTimersByTime(60_000)
    expect(said).toContain('dead')
    lifelines.stop()
  } finally {
    vi.useRealTimers()
  }
})
