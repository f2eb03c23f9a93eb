import { deepStrictEqual, ok } from 'node:assert/strict'
import { DEFAULT_POLICY } from '../../src/core/policy.ts'
import type { Ledger } from '../../src/core/ports.ts'
import { emptyRecord } from '../../src/core/record.ts'
import { resolve } from '../../src/core/resolve.ts'
import type { PresenceEvent } from '../../src/core/transition.ts'
import { AVAILABILITIES, type Instant, type UserId } from '../../src/core/vocabulary.ts'
import { decodeRecord } from '../../src/engine/codec.ts'
import { RESTART_GRACE_MS } from '../../src/engine/sessions.ts'
import { createMemoryLedger } from '../../src/ledgers/memory.ts'
import { aPrincipal, createWorld, SETTINGS, type World } from '../engine/world.ts'
import { type Chance, createChance } from './chance.ts'
import { startClock } from './clock.ts'
import { createPoller, createWatcher } from './readers.ts'
import { isConnected, possible, TICK_MS, type Truth } from './truth.ts'

const USERS = ['anna', 'bert', 'cleo', 'dora', 'emil']
const APPS = ['web', 'phone']
const START = 1_800_000_000_000

/** One history that the seed decides. Throws, naming what went wrong, when anything shown or told was not true. */
export async function simulate(seed: number, acts: number): Promise<void> {
  const chance = createChance(seed)
  const clock = startClock(START)
  const ledger = steady(createMemoryLedger({ clock: clock.now, factsPartitions: 2 }), clock.now)
  const watchers = Array.from({ length: 4 }, () => ({ reader: createWatcher(), userId: chance.of([...USERS, 'stranger']) ?? '' }))
  const pollers = Array.from({ length: 2 }, () => ({ reader: createPoller(), userId: chance.of(USERS) ?? '' }))
  let world = await createWorld({ userIds: USERS, ledger })
  let truths: Truth[] = []
  let names = 0
  attach(false)

  const at = (userId: UserId) => world.engine.service.as(aPrincipal(userId), 'test')

  function attach(unchanged: boolean): void {
    for (const { reader, userId } of [...watchers, ...pollers])
      reader.attach(world.engine.service.as(aPrincipal(userId), 'test').view, unchanged)
  }

  function come(userId: UserId, app: string): void {
    const waiting = truths.filter((one) => one.userId === userId && one.app === app && one.handle !== null && !isConnected(one))
    const handle = at(userId).commands.attend({
      app,
      platform: 'test',
      idles: 'told',
      connectionId: `c${++names}`,
      resumes: null,
    })
    const found = waiting.find(({ sessionId }) => sessionId === handle.sessionId)
    ok(found !== undefined || waiting.every(({ sureUntil }) => sureUntil <= ledger.now()), 'a waiting session was not taken back')
    const here = { handle, sureUntil: Number.POSITIVE_INFINITY, goneFrom: Number.POSITIVE_INFINITY }
    if (found === undefined) truths.push({ userId, app, sessionId: handle.sessionId, idle: false, ...here })
    else Object.assign(found, here)
  }

  async function keep(userId: UserId): Promise<void> {
    const { commands } = at(userId)
    const kept = truths.find((one) => one.userId === userId && one.handle === null && one.sureUntil > ledger.now())
    const idle = chance.below(2) === 0
    const { sessionId, leaseUntil } = kept
      ? await commands.heartbeat(kept.sessionId, { idle })
      : await commands.openSession({ app: 'script', platform: 'test', idle })
    const until = { idle, sureUntil: leaseUntil, goneFrom: leaseUntil }
    if (kept) Object.assign(kept, until)
    else truths.push({ userId, app: 'script', sessionId, handle: null, ...until })
  }

  async function say(userId: UserId): Promise<void> {
    const event = anEvent(chance, ledger.now())
    await at(userId).commands.change(userId, [event])
    if (event.type === 'online_declared') for (const truth of truths) if (truth.userId === userId) truth.idle = false
  }

  function lose(truth: Truth, graceMs: number): void {
    truth.sureUntil = ledger.now() + graceMs
    truth.goneFrom = truth.sureUntil + TICK_MS
  }

  async function restart(awayMs: number): Promise<void> {
    await clock.calm()
    inspect()
    await world.close()
    if (awayMs > 0) await clock.pass(awayMs)
    world = await createWorld({ userIds: USERS, ledger })
    for (const truth of truths) {
      if (truth.handle === null || truth.goneFrom <= ledger.now() - awayMs) continue
      // One that may have ended before may have ended; else it is waited for.
      if (truth.sureUntil > ledger.now() - awayMs) lose(truth, RESTART_GRACE_MS)
      else truth.goneFrom = ledger.now() + RESTART_GRACE_MS + TICK_MS
    }
    attach(awayMs === 0)
  }

  /** Whoever waits is waited for anew where the process may have stood still. */
  function jump(ms: number): void {
    clock.jump(ms)
    for (const truth of truths) {
      if (truth.handle === null || isConnected(truth) || truth.goneFrom <= ledger.now() - Math.max(0, ms)) continue
      if (ms > 0) truth.goneFrom = Math.max(truth.goneFrom, ledger.now() + RESTART_GRACE_MS) + 2 * TICK_MS
    }
  }

  async function act(): Promise<void> {
    const userId = chance.of(USERS) ?? ''
    const one = chance.of(truths.filter(isConnected))
    switch (chance.below(14)) {
      case 0:
      case 1:
      case 2:
        return come(userId, chance.of(APPS) ?? '')
      case 3:
        one?.handle?.cut()
        return one && lose(one, SETTINGS.graceMs)
      case 4:
        one?.handle?.leave()
        truths = truths.filter((truth) => truth !== one)
        return
      case 5:
        one?.handle?.idle(null)
        return void (one && Object.assign(one, { idle: true }))
      case 6:
        one?.handle?.active()
        return void (one && Object.assign(one, { idle: false }))
      case 7:
        return await keep(userId)
      case 8:
      case 9:
        return await say(userId)
      case 10:
        return watchers[chance.below(watchers.length)]?.reader.watch([userId], chance.below(3) > 0)
      case 11:
        return await clock.pass(chance.of([1, 500, 1_000, 5_000, 10_000, 30_000, 61_000, 300_000]) ?? 0)
      case 12:
        return chance.below(3) > 0 ? undefined : jump(chance.of([-60_000, -500, 500, 2_000, 90_000]) ?? 0)
      default:
        return chance.below(3) > 0 ? undefined : await restart(chance.of([0, 0, 3_000]) ?? 0)
    }
  }

  function inspect(): void {
    for (const { reader } of watchers) reader.inspect()
    for (const { reader } of pollers) if (chance.below(3) === 0) reader.inspect()
  }

  try {
    for (let i = 0; i < acts; i++) {
      await act()
      await clock.calm()
      // After a jump of the clock timers look again within a tick.
      await clock.pass(TICK_MS)
      truths = truths.filter(({ goneFrom }) => goneFrom > ledger.now())
      await inspectFacts(world, ledger, truths)
      inspect()
    }
    for (const { reader } of pollers) reader.inspect()
  } finally {
    await world.close()
    clock.stop()
  }
}

/** What is shown follows from the facts, for everybody, and the facts are the truth: no ghost, and nobody gone who is there. */
async function inspectFacts({ engine }: World, ledger: Ledger, truths: readonly Truth[]): Promise<void> {
  const records = new Map(USERS.map((userId) => [userId, emptyRecord(0)]))
  await ledger.load(({ partition, key, value }) => void (partition.startsWith('facts/') && records.set(key, decodeRecord(value))))
  const now = ledger.now()
  for (const [userId, record] of records) {
    const { own, stranger } = resolve(userId, record, now, DEFAULT_POLICY)
    deepStrictEqual(engine.service.as(aPrincipal(userId), 'test').view.get(userId), own, 'one sees oneself otherwise')
    deepStrictEqual(engine.service.as(aPrincipal('stranger'), 'test').view.get(userId), stranger, 'a stranger sees otherwise')
    const sessions = truths.filter((truth) => truth.userId === userId)
    const answers = possible(sessions, now)
    ok(answers.has(own.connected), `${userId} is ${own.connected}, and should be ${[...answers].join(' or ')}`)
  }
}

/** Ledger time over a clock that jumps: it waits where the clock went back. */
function steady(ledger: Ledger, clock: () => Instant): Ledger {
  let told = 0
  return {
    ...ledger,
    now() {
      told = Math.max(told, clock())
      return told
    },
  }
}

function anEvent(chance: Chance, now: Instant): PresenceEvent {
  const until = chance.of([null, now + 1, now + 700, now + 5_000, now + 45_000]) ?? null
  const availability = chance.of(AVAILABILITIES.filter((word) => word !== 'online')) ?? 'busy'
  const claimClass = chance.of(['call', 'app', 'calendar', 'schedule'] as const) ?? 'app'
  const claim = { key: `${claimClass}:1`, class: claimClass, activity: null, note: null, since: null, until, leaseMs: null }
  const events: readonly PresenceEvent[] = [
    { type: 'availability_set', availability, activity: null, until, fades: chance.below(3) === 0, alike: null },
    { type: 'online_declared', alike: null },
    { type: 'availability_withdrawn', alike: null },
    { type: 'note_set', words: { text: `note ${chance.below(5)}`, emoji: '' }, until, alike: null },
    { type: 'note_withdrawn', via: null },
    { type: 'claim_set', ...claim, availability },
    { type: 'claim_withdrawn', key: claim.key },
  ]
  return chance.of(events) ?? { type: 'online_declared', alike: null }
}
