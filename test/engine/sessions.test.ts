import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Failure } from '../../src/core/errors.ts'
import type { Ledger } from '../../src/core/ports.ts'
import type { Principal } from '../../src/core/principal.ts'
import type { Idling } from '../../src/core/record.ts'
import type { Attendance, Attended } from '../../src/core/service.ts'
import { createMemoryLedger } from '../../src/ledgers/memory.ts'
import { anAdministrator, aPrincipal, createWorld, type World, watchEveryone } from './world.ts'

const START = 1_000_000
beforeEach(() => void vi.useFakeTimers({ now: START, toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'Date'] }))
afterEach(() => void vi.useRealTimers())

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

async function worldOf(ledger: Ledger = createMemoryLedger({ clock: Date.now })): Promise<World> {
  return createWorld({ userIds: ['anna', 'bob'], ledger })
}

let connections = 0
function attend(world: World, change: Partial<Attendance> = {}, principal: Principal = aPrincipal('anna')): Attended {
  const connectionId = `connection${++connections}`
  const attendance: Attendance = { app: 'web', platform: 'linux', idles: 'told', connectionId, resumes: null, ...change }
  return world.engine.service.as(principal, 'test').commands.attend(attendance)
}

const shown = (world: World, userId = 'anna') => {
  const presence = world.engine.service.as(aPrincipal('bob'), 'test').view.get(userId)
  return `${presence?.availability} ${presence?.source}`
}

const transitionsIn = (world: World): string[] => {
  const told: string[] = []
  watchEveryone(world, ({ userId, availability }) => void told.push(`${userId} ${availability}`))
  return told
}

test('[Q1] a connection makes its user present, and saying goodbye ends it at once', async () => {
  const world = await worldOf()
  const told = transitionsIn(world)
  const session = attend(world)
  await pass(0)
  expect(shown(world)).toBe('online session')
  session.leave()
  await pass(0)
  expect(shown(world)).toBe('offline none')
  expect(told).toEqual(['anna online', 'anna offline'])
  expect(world.engine.figures.sessions).toBe(0)
  await world.close()
})

test('[Q2] a session that is cut lives through the grace; a new connection takes it back without a write or a word', async () => {
  const world = await worldOf()
  const session = attend(world)
  await pass(0)
  const told = transitionsIn(world)
  const { commits } = world.engine.figures
  session.cut()
  await pass(9_999)
  const again = attend(world)
  expect(again.sessionId).toBe(session.sessionId)
  await pass(60_000)
  expect([told, world.engine.figures.commits, shown(world)]).toEqual([[], commits, 'online session'])
  again.cut()
  await pass(10_000)
  expect(shown(world)).toBe('offline none')
  await world.close()
})

test('[Q2] the grace is the setting of the moment, and the end is told at its time', async () => {
  const world = await worldOf()
  const session = attend(world)
  await pass(0)
  session.cut()
  world.settings.change({ graceMs: 2_000 }, Date.now())
  await pass(1_999)
  expect(shown(world)).toBe('online session')
  await pass(1)
  expect(shown(world)).toBe('offline none')
  await world.close()
})

describe('[Q3] a session is taken back by the same user, token and app: of the same connection first, else the longest cut', () => {
  test.each<[string, Partial<Attendance>, Principal, 'first' | 'second' | 'live' | 'none']>([
    ['nothing named', {}, aPrincipal('anna'), 'first'],
    ['the connection named', { resumes: 'two' }, aPrincipal('anna'), 'second'],
    ['a connection named that seems live', { resumes: 'three' }, aPrincipal('anna'), 'live'],
    ['another app', { app: 'phone', resumes: 'two' }, aPrincipal('anna'), 'none'],
    ['another token', { resumes: 'two' }, aPrincipal('anna', { tokenId: 'other' }), 'none'],
    ['another user', { resumes: 'two' }, aPrincipal('bob'), 'none'],
  ])('%s', async (_name, change, principal, expected) => {
    const world = await worldOf()
    const sessions = {
      first: attend(world, { connectionId: 'one' }),
      second: attend(world, { connectionId: 'two' }),
      live: attend(world, { connectionId: 'three' }),
    }
    await pass(0)
    sessions.first.cut()
    await pass(10)
    sessions.second.cut()
    const { sessionId } = attend(world, change, principal)
    const name = Object.entries(sessions).find(([, session]) => session.sessionId === sessionId)?.[0] ?? 'none'
    expect(name).toBe(expected)
    await pass(0)
    await world.close()
  })
})

test('[Q3] the connection that lost its session to another has no say in it any more', async () => {
  const world = await worldOf()
  const before = attend(world, { connectionId: 'one' })
  const after = attend(world, { connectionId: 'two', resumes: 'one' })
  expect(after.sessionId).toBe(before.sessionId)
  before.leave()
  before.cut()
  before.idle(null)
  await pass(20_000)
  expect(shown(world)).toBe('online session')
  await world.close()
})

describe('[Q4] who becomes idle by itself, and who only by its own word', () => {
  test.each<[Idling, string]>([
    ['told', 'online session'],
    ['timed', 'away session'],
    ['both', 'away session'],
  ])('%s', async (idles, after) => {
    const world = await worldOf()
    const session = attend(world, { idles })
    await pass(299_999)
    expect(shown(world)).toBe('online session')
    await pass(1)
    expect(shown(world)).toBe(after)
    session.active()
    await pass(0)
    expect(shown(world)).toBe('online session')
    session.idle(null)
    await pass(0)
    expect(shown(world)).toBe('away session')
    await world.close()
  })
})

test('[Q5] input that is seen again and again is no write; the last of it is exact', async () => {
  const world = await worldOf()
  const session = attend(world, { idles: 'timed' })
  await pass(0)
  const { commits } = world.engine.figures
  for (let i = 0; i < 100; i++) {
    await pass(60_000)
    session.active()
  }
  expect(world.engine.figures.commits).toBe(commits)
  const lastInputAt = Date.now()
  await pass(300_000)
  expect(world.engine.service.as(aPrincipal('bob'), 'test').view.get('anna')).toMatchObject({
    availability: 'away',
    lastActiveAt: lastInputAt,
  })
  await world.close()
})

test('[Q5] two devices that disagree give one steady answer: any that is active shows', async () => {
  const world = await worldOf()
  const [desk, phone] = [attend(world, { app: 'desk' }), attend(world, { app: 'phone' })]
  await pass(0)
  const told = transitionsIn(world)
  for (let i = 0; i < 20; i++) {
    desk.active()
    phone.idle(null)
    await pass(500)
  }
  expect(shown(world)).toBe('online session')
  expect(told.filter((one) => one !== 'anna online')).toEqual([])
  await world.close()
})

test('[Q5] saying that one is online oneself is input, wherever it was said', async () => {
  const world = await worldOf()
  attend(world, { idles: 'timed' })
  await pass(300_000)
  expect(shown(world)).toBe('away session')
  await world.engine.service.as(aPrincipal('anna'), 'test').commands.change('anna', [{ type: 'online_declared', alike: null }])
  await pass(299_999)
  expect(shown(world)).toBe('online session')
  await pass(1)
  expect(shown(world)).toBe('away session')
  await world.close()
})

test('[Q6] a declaration made during a session ends with it, one made after the cut outlives it', async () => {
  const world = await worldOf()
  const { commands } = world.engine.service.as(aPrincipal('anna'), 'test')
  const session = attend(world, { idles: 'timed' })
  await pass(1_000)
  await world.engine.service
    .as(anAdministrator('root'), 'test')
    .commands.change('anna', [{ type: 'online_declared', alike: null }])
  await pass(1_000)
  session.leave()
  await pass(0)
  expect(shown(world)).toBe('offline none')
  const other = attend(world)
  await pass(1_000)
  other.cut()
  await pass(1_000)
  await commands.change('anna', [{ type: 'online_declared', alike: null }])
  await pass(20_000)
  expect(shown(world)).toBe('online declared')
  await world.close()
})

test('[Q7] after a restart sessions wait a minute; who comes back was never gone, who does not is told then', async () => {
  const ledger = createMemoryLedger({ clock: Date.now })
  const before = await worldOf(ledger)
  const [anna] = [attend(before, { connectionId: 'one' }), attend(before, { connectionId: 'two' }, aPrincipal('bob'))]
  await pass(5_000)
  await before.close()
  await pass(30_000)
  const world = await worldOf(ledger)
  const told = transitionsIn(world)
  expect([shown(world), shown(world, 'bob')]).toEqual(['online session', 'online session'])
  await pass(50_000)
  expect(attend(world, { resumes: 'one' }).sessionId).toBe(anna?.sessionId)
  await pass(9_999)
  expect(told).toEqual([])
  await pass(1)
  expect(told).toEqual(['bob offline'])
  expect(shown(world)).toBe('online session')
  await world.close()
})

test('[Q8] a token that ends, a user who is deactivated or goes, end their sessions at once', async () => {
  const world = await worldOf()
  const ended: string[] = []
  const one = aPrincipal('anna', { tokenId: 'one' })
  attend(world, { ended: () => void ended.push('one') }, one)
  attend(world, { ended: () => void ended.push('two') }, aPrincipal('anna', { tokenId: 'two' }))
  attend(world, { ended: () => void ended.push('bob') }, aPrincipal('bob'))
  await pass(0)
  world.endToken('one')
  await pass(0)
  expect([ended, shown(world)]).toEqual([['one'], 'online session'])
  world.crowd.put('anna', { deactivated: true })
  await pass(0)
  expect(ended).toEqual(['one', 'two'])
  expect(() => attend(world)).toThrow(expect.objectContaining({ code: 'forbidden', reason: 'deactivated' }))
  world.crowd.put('anna', { deactivated: false })
  expect(shown(world)).toBe('offline none')
  world.crowd.remove('bob')
  await pass(0)
  expect([ended.at(-1), world.engine.figures.sessions]).toEqual(['bob', 0])
  await world.close()
})

test('[Q9] while the ledger is away the truth is kept, and written once it is back', async () => {
  const memory = createMemoryLedger({ clock: Date.now })
  let away = false
  const commit: Ledger['commit'] = (...asked) =>
    away ? Promise.reject(new Failure('unavailable', 'away')) : memory.commit(...asked)
  const world = await worldOf({ ...memory, commit })
  const session = attend(world)
  await pass(0)
  away = true
  session.cut()
  const late = attend(world, { app: 'other' })
  await pass(60_000)
  expect(shown(world)).toBe('online session')
  late.idle(null)
  away = false
  await pass(16_000)
  expect(shown(world)).toBe('away session')
  await world.close()
})

test('[Q10] one user has at most 64 sessions; the longest cut one makes room', async () => {
  const world = await worldOf()
  const sessions = Array.from({ length: 64 }, () => attend(world, { app: `app${connections}` }))
  await pass(0)
  expect(() => attend(world)).toThrow(expect.objectContaining({ code: 'invalid', field: 'sessions' }))
  sessions[3]?.cut()
  attend(world)
  await pass(0)
  expect(world.engine.figures.sessions).toBe(64)
  await world.close()
})

test('[Q10] attending needs the scope for it, and names of a bounded length', async () => {
  const world = await worldOf()
  expect(() => attend(world, {}, aPrincipal('anna', { scopes: new Set() }))).toThrow(
    expect.objectContaining({ code: 'forbidden' }),
  )
  expect(() => attend(world, {}, aPrincipal('nobody'))).toThrow(expect.objectContaining({ code: 'not_found' }))
  expect(() => attend(world, { app: 'x'.repeat(129) })).toThrow(expect.objectContaining({ code: 'invalid', field: 'app' }))
  await world.close()
})

test('[Q11] while clients are turned away, or the process stood still, nobody is gone for not coming back', async () => {
  const world = await worldOf()
  const session = attend(world)
  await pass(0)
  session.cut()
  await pass(8_000)
  world.engine.holdGraces(0)
  await pass(9_000)
  expect(shown(world)).toBe('online session')
  vi.setSystemTime(Date.now() + 30_000)
  await pass(1_000)
  expect(shown(world)).toBe('online session')
  await pass(10_000)
  expect(shown(world)).toBe('offline none')
  await world.close()
})

test('[Q11] whoever is asked to come back after longer than the grace lasts is not gone meanwhile', async () => {
  const world = await worldOf()
  world.settings.change({ graceMs: 1_000 }, Date.now())
  const session = attend(world)
  await pass(0)
  session.cut()
  world.engine.holdGraces(5_000)
  world.engine.holdGraces(2_000)
  await pass(5_999)
  expect(shown(world)).toBe('online session')
  await pass(1)
  expect(shown(world)).toBe('offline none')
  await world.close()
})

test('[Q12] a session kept by heartbeats ends without them, and one is written only when less than half remains', async () => {
  const world = await worldOf()
  const { commands } = world.engine.service.as(aPrincipal('anna'), 'test')
  const { sessionId, leaseUntil } = await commands.openSession({ app: 'badge', platform: 'door', idle: false })
  expect(leaseUntil).toBe(START + 300_000)
  expect(shown(world)).toBe('online session')
  const { commits } = world.engine.figures
  await pass(149_000)
  expect(await commands.heartbeat(sessionId, {})).toEqual({ sessionId, leaseUntil })
  expect(world.engine.figures.commits).toBe(commits)
  await pass(2_000)
  expect((await commands.heartbeat(sessionId, { idle: true })).leaseUntil).toBe(Date.now() + 300_000)
  expect(shown(world)).toBe('away session')
  await pass(300_000)
  expect(shown(world)).toBe('offline none')
  await expect(commands.heartbeat(sessionId, {})).rejects.toMatchObject({ code: 'not_found', reason: 'no_such_session' })
  const other = await commands.openSession({ app: 'badge', platform: 'door', idle: false })
  await commands.closeSession(other.sessionId)
  expect(shown(world)).toBe('offline none')
  await expect(commands.closeSession(other.sessionId)).rejects.toMatchObject({ reason: 'no_such_session' })
  await world.close()
})
