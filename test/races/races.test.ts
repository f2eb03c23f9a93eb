import fc, { type Scheduler } from 'fast-check'
import { expect, test } from 'vitest'
import type { Failure } from '../../src/core/errors.ts'
import { SCOPES } from '../../src/core/principal.ts'
import type { PresenceEvent } from '../../src/core/transition.ts'
import type { Presence, UserId } from '../../src/core/vocabulary.ts'
import { decodeRecord } from '../../src/engine/codec.ts'
import { anAdministrator, createCrowd, createWorld, type World } from '../engine/world.ts'
import { createScheduledLedger, type Fate } from './schedule.ts'

const USERS = ['a', 'b']
const NODES = 3

type Act =
  | { readonly type: 'claimed'; readonly node: number; readonly userId: UserId }
  | { readonly type: 'polled'; readonly node: number }

const aNode = fc.nat(NODES - 1)
const someActs = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({ type: fc.constant('claimed' as const), node: aNode, userId: fc.constantFrom(...USERS) }),
    },
    fc.record({ type: fc.constant('polled' as const), node: aNode }),
  ),
  { maxLength: 14 },
)
const someFates = fc.array(
  fc.oneof({ weight: 5, arbitrary: fc.constant<Fate>('answered') }, fc.constantFrom<Fate>('lost-before', 'lost-after')),
  { maxLength: 10 },
)

/** A claim of its own for every act, so that each one that was acknowledged can be found again. */
const claim = (key: string): PresenceEvent => ({
  type: 'claim_set',
  key,
  class: 'app',
  availability: 'busy',
  activity: null,
  note: { text: key, emoji: '' },
  since: null,
  until: null,
  leaseMs: null,
})

interface Outcome {
  readonly userId: UserId
  readonly key: string
  readonly error: Failure | null
}

async function claimOn(world: World, userId: UserId, key: string, acknowledged: Outcome[]): Promise<Outcome> {
  const { commands } = world.engine.service.as(anAdministrator('admin'), 'test')
  try {
    await commands.change(userId, [claim(key)])
  } catch (error) {
    return { userId, key, error: error as Failure }
  }
  acknowledged.push({ userId, key, error: null })
  await readAgain(world, acknowledged)
  return { userId, key, error: null }
}

/** What a node acknowledged is read there at once, and ever after. */
async function readAgain({ engine }: World, acknowledged: readonly Outcome[]): Promise<void> {
  const { commands } = engine.service.as({ ...anAdministrator('admin'), scopes: new Set(SCOPES) }, 'test')
  for (const { userId, key } of acknowledged) {
    const { facts } = await commands.explain(userId)
    expect(facts.map(({ id }) => id)).toContain(key)
  }
}

/** A reader who carries one cursor from node to node. */
function createRoamer(worlds: readonly World[]) {
  const held = new Map<UserId, Presence>()
  let cursor: string | null = null
  return (node: number): Map<UserId, Presence> => {
    const view = worlds[node]?.engine.service.as(anAdministrator('admin'), 'test').view
    const changes = view?.changesSince(cursor)
    for (const presence of changes?.presences ?? []) held.set(presence.userId, presence)
    cursor = changes?.cursor ?? null
    return held
  }
}

async function runActs(scheduler: Scheduler, acts: readonly Act[], fates: readonly Fate[], comparing: boolean): Promise<void> {
  const ledger = createScheduledLedger({ scheduler, fates, comparing })
  const worlds = await Promise.all(
    Array.from({ length: NODES }, () => createWorld({ crowd: createCrowd(USERS), ledger: ledger.node() })),
  )
  const roam = createRoamer(worlds)
  const outcomes: Promise<Outcome>[] = []
  const acknowledged = worlds.map((): Outcome[] => [])
  const perform = async (act: Act, number: number) => {
    await scheduler.schedule(Promise.resolve(), 'act')
    const world = worlds[act.node]
    if (world === undefined) return
    if (act.type === 'claimed') {
      const claimed = claimOn(world, act.userId, `app:${number}`, acknowledged[act.node] ?? [])
      // Read below, unless an act fails before: then nobody asks for it any more.
      claimed.catch(() => undefined)
      outcomes.push(claimed)
    } else {
      roam(act.node)
      await readAgain(world, acknowledged[act.node] ?? [])
    }
  }
  await scheduler.waitFor(Promise.all(acts.map(perform)))
  const settled = await scheduler.waitFor(Promise.all(outcomes))
  await scheduler.waitAll()
  inspect(ledger.entries(), settled)
  const answers = worlds.map(({ engine }) => [...engine.service.as(anAdministrator('admin'), 'test').view.everyone()])
  for (const answer of answers) expect(answer).toEqual(answers[0])
  for (const node of worlds.keys()) expect([...roam(node).values()].sort(byUser)).toEqual(answers[0])
  await Promise.all(worlds.map((world) => world.close()))
}

function inspect(entries: readonly { readonly key: string; readonly value: Uint8Array }[], outcomes: readonly Outcome[]): void {
  const stored = new Map(entries.map(({ key, value }) => [key, decodeRecord(value).claims.map((made) => made.key)]))
  for (const { userId, key, error } of outcomes) {
    if (error === null) expect(stored.get(userId)).toContain(key)
    else expect(['ledger_away', 'contended']).toContain(error.reason)
    if (error?.reason !== 'contended') continue
    expect(stored.get(userId) ?? []).not.toContain(key)
    // Each of the nine times it was tried, another node's commit came before.
    expect(stored.get(userId)?.length).toBeGreaterThanOrEqual(9)
  }
}

const byUser = (one: Presence, other: Presence): number => (one.userId < other.userId ? -1 : 1)

const property = (comparing: boolean) =>
  fc.asyncProperty(fc.scheduler(), someActs, someFates, (scheduler, acts, fates) => runActs(scheduler, acts, fates, comparing))

test('[G1, G2, G3, G4, C1] in any order of commits, answers and news on three nodes nothing acknowledged is lost, and all agree', async () => {
  await fc.assert(property(true), { numRuns: 300 })
})

test('[L1] without the comparison of versions the same property fails', async () => {
  const { failed } = await fc.check(property(false), { numRuns: 300, endOnFailure: true })
  expect(failed).toBe(true)
})
