import { deepStrictEqual, ok } from 'node:assert/strict'
import { DEFAULT_POLICY } from '../../../src/core/policy.ts'
import { type Commit, type Entry, factsPartition } from '../../../src/core/ports.ts'
import { emptyRecord, type PresenceRecord } from '../../../src/core/record.ts'
import { nextDeadline, resolve } from '../../../src/core/resolve.ts'
import type { Presence, UserId } from '../../../src/core/vocabulary.ts'
import { decodeRecord } from '../../../src/engine/codec.ts'
import { DUTIES } from '../../../src/engine/nodes.ts'
import { createMemoryLedger } from '../../../src/ledgers/memory.ts'
import { openDirectory } from '../../directory/house.ts'
import { anAdministrator } from '../../engine/world.ts'
import { createChance } from '../../simulation/chance.ts'
import { createCloud, FACTS_PARTITIONS, type Faults } from './cloud.ts'
import { createMachine, LEASE_MS, type Machine, RESTART_GRACE_MS } from './node.ts'
import { type Client, createPeople } from './people.ts'
import { createSpeakers } from './statements.ts'
import { startTime } from './time.ts'

const USERS = ['anna', 'bert', 'cleo', 'dora', 'emil']
const HIDES = 'emil'
const APPS = ['web', 'phone']
const START = 1_800_000_000_000
const SKEW_MS_MAX = 300_000
/** After this long without trouble everything is known everywhere, and every grace is over, in ms. */
const QUIET_MS = 3 * LEASE_MS + RESTART_GRACE_MS + 40_000

/** A workspace with its people, as every history begins. */
export async function foundWorkspace(): Promise<readonly Entry[]> {
  const ledger = createMemoryLedger({ clock: () => START - 1_000, factsPartitions: FACTS_PARTITIONS })
  const directory = await openDirectory(ledger)
  const root = { ...anAdministrator('root'), scopes: new Set(['admin'] as const) }
  for (const username of USERS) await directory.administration.as(root).createUser({ id: username, username })
  const entries: Entry[] = []
  await ledger.load((entry) => void entries.push(entry))
  await directory.close()
  return entries
}

export interface HistoryParts {
  readonly seed: number
  readonly acts: number
  readonly workspace: readonly Entry[]
  readonly faults?: Faults
}

/** What was done, for whoever wants to see that something was. */
export interface HistoryFigures {
  readonly commits: number
  readonly quiets: number
  readonly acknowledged: number
}

/** One history of three nodes that the seed decides. Throws, naming what went wrong. */
export async function playHistory({ seed, acts, workspace, faults = {} }: HistoryParts): Promise<HistoryFigures> {
  const chance = createChance(seed)
  const time = startTime(START, chance)
  const figures = { commits: 0, quiets: 0, acknowledged: 0 }
  const found: string[] = []
  const troubled = new Set<Machine>()
  const random = (): number => chance.below(1_000) / 1_000
  const cloud = createCloud({ time, chance, entries: workspace, onCommit: hear, faults })
  const machines = ['a', 'b', 'c'].map((name) => {
    const skewMs = chance.below(2 * SKEW_MS_MAX) - SKEW_MS_MAX
    const machine: Machine = createMachine({ name, skewMs, cloud, time, random, onEnded: () => trouble(machine, people.ended) })
    return machine
  })
  const people = createPeople({ now: time.now, isTroubled: (machine) => troubled.has(machine) })
  const speakers = createSpeakers(USERS, HIDES, time.now, chance, people.declared)
  const poller = { mirror: new Map<UserId, Presence>(), cursor: null as string | null }

  const serving = (): Machine[] => machines.filter((one) => one.serving !== null && one.life.state === 'running')

  function recordOf(userId: UserId): PresenceRecord {
    const entry = cloud.entryOf(factsPartition(userId, FACTS_PARTITIONS), userId)
    return entry === undefined ? emptyRecord(START - 1_000) : decodeRecord(entry.value)
  }

  /** Nothing false is ever written of who is present. */
  function hear({ partition, writes }: Commit): void {
    figures.commits++
    if (partition === 'directory') return
    for (const { key, value } of writes) {
      if (value === null || !people.isSure(key)) continue
      const { connected } = resolve(key, decodeRecord(value), time.now(), DEFAULT_POLICY).own
      if (connected === 'offline') found.push(`${key} was made offline while connected, at ${time.now() - START}`)
    }
  }

  function trouble(machine: Machine, what: (machine: Machine) => void): void {
    what(machine)
    troubled.add(machine)
  }

  function poll({ serving: node }: Machine): void {
    if (node === null) return
    const changes = node.as('reader').view.changesSince(poller.cursor)
    if (changes.full) poller.mirror.clear()
    for (const presence of changes.presences) poller.mirror.set(presence.userId, presence)
    for (const userId of changes.removed) poller.mirror.delete(userId)
    poller.cursor = changes.cursor
  }

  function speak(): void {
    const speaker = chance.of(speakers)
    const machine = chance.of(serving())
    if (speaker === undefined || machine === undefined) return
    const answer = time.within(machine.life, () => speaker.say(machine))
    void answer?.then((isAcknowledged) => {
      if (isAcknowledged) figures.acknowledged++
    })
  }

  function heal(machine: Machine): void {
    if (machine.link.isCut && chance.below(4) === 0) machine.link.isTrimmed = true
    machine.link.isCut = false
    machine.link.onHealed()
    if (machine.life.state === 'stopped') time.resume(machine.life)
    machine.start()
  }

  /** What happens to machines. */
  function befall(machine: Machine): void {
    const what = chance.below(5)
    if (what === 0) machine.link.isCut = true
    if (what === 1 && machine.life.state === 'running') machine.life.state = 'stopped'
    if (what < 2) trouble(machine, people.troubled)
    if (what === 2) machine.kill()
    const leaves = what === 3 && machine.life.state === 'running' && machine.serving !== null
    if (leaves) machine.leave().catch(() => {})
    if (what === 2 || leaves) trouble(machine, people.ended)
    if (what === 4) heal(machine)
  }

  /** What somebody does who is connected, through a machine that runs. */
  function doSomething(client: Client, what: number): void {
    if (client.machine.life.state !== 'running') return
    time.within(client.machine.life, () => {
      if (what === 0) people.cut(client)
      else if (what === 1) people.leave(client)
      else people.turn(client, chance.below(2) === 0)
    })
  }

  /** Somebody is cut off, comes to another machine, is cut off there too, and is back where they were, all in no time. */
  async function stray(client: Client): Promise<void> {
    const [home, other] = [client.machine, chance.of(serving())]
    if (other === undefined || client.handle === null) return
    for (const machine of [other, home]) {
      if (client.machine.life.state !== 'running') return
      time.within(client.machine.life, () => people.cut(client))
      await time.pass(chance.of([0, 20, 150]) ?? 0)
      if (machine.life.state !== 'running' || machine.serving === null) return
      time.within(machine.life, () => people.comeBack(client, machine))
      await time.pass(chance.of([0, 20, 150]) ?? 0)
    }
  }

  async function act(): Promise<void> {
    const machine = chance.of(serving())
    const [client, gone] = [chance.of(people.connected()), chance.of(people.gone())]
    const what = chance.below(17)
    if (what < 2 && machine) time.within(machine.life, () => people.come(machine, chance.of(USERS) ?? '', chance.of(APPS) ?? ''))
    else if (what < 5 && machine && gone) time.within(machine.life, () => people.comeBack(gone, machine))
    else if (what < 8 && client) doSomething(client, what - 5)
    else if (what === 8 && machine) poll(machine)
    else if (what === 9) befall(anyMachine())
    else if (what === 10) heal(anyMachine())
    else if (what === 11 && client) await stray(client)
    else if (what === 12) await time.pass(chance.of([500, 5_000, 12_000, 30_000, 80_000]) ?? 0)
    else for (let i = chance.below(6); i >= 0; i--) speak()
  }

  const anyMachine = (): Machine => chance.of(machines) as Machine

  /** Nothing happens for long enough; then everything must be right. */
  async function quiet(): Promise<void> {
    for (const machine of machines) heal(machine)
    // One may be gone for good: the others end what it left behind.
    const lost = chance.below(3) === 0 ? chance.of(machines) : undefined
    if (lost !== undefined) {
      lost.kill()
      people.ended(lost)
    }
    await time.pass(QUIET_MS)
    for (const machine of machines) if (machine !== lost && machine.serving === null) machine.start()
    await time.pass(QUIET_MS)
    for (const machine of serving()) time.within(machine.life, people.repeat)
    await time.pass(LEASE_MS)
    while (isTurning()) await time.pass(500)
    inspect(lost)
    people.settled()
    troubled.clear()
    if (lost !== undefined) troubled.add(lost)
    figures.quiets++
  }

  /** Time itself is about to change an answer, or just did. */
  function isTurning(): boolean {
    return USERS.some((userId) => {
      const next = nextDeadline(recordOf(userId), time.now() - 1_500, DEFAULT_POLICY)
      return next !== null && next < time.now() + 1_500
    })
  }

  function inspect(lost: Machine | undefined): void {
    const nodes = serving()
    deepStrictEqual(nodes.length, lost === undefined ? 3 : 2, 'a node did not come back')
    for (const userId of USERS) {
      const record = recordOf(userId)
      people.inspect(userId, record)
      for (const speaker of speakers) if (speaker.userId === userId) speaker.inspect(record, time.now())
      const { own, stranger } = resolve(userId, record, time.now(), DEFAULT_POLICY)
      for (const { name, serving: node } of nodes) {
        deepStrictEqual(node?.as(userId).view.get(userId), own, `${userId} sees otherwise on ${name}`)
        deepStrictEqual(node?.as('reader').view.get(userId), stranger, `a stranger sees otherwise on ${name}`)
        deepStrictEqual(node?.mirror.get(userId), stranger, `who was told by ${name} holds something else`)
      }
    }
    const all = nodes.map(({ serving: node }) => JSON.stringify([...(node?.as('reader').view.everyone() ?? [])].sort(byUser)))
    deepStrictEqual(new Set(all).size, 1, 'the nodes tell different things')
    for (const machine of nodes) {
      poll(machine)
      deepStrictEqual(
        JSON.stringify([...poller.mirror.values()].sort(byUser)),
        all[0],
        `a cursor on ${machine.name} left something out`,
      )
    }
    for (const duty of DUTIES) ok(nodes.filter((one) => one.serving?.fleet.holds(duty)).length === 1, `nobody does ${duty}`)
  }

  function inspectAlways(): void {
    deepStrictEqual(found, [], 'something false was written')
    for (const duty of DUTIES) ok(serving().filter((one) => one.serving?.fleet.holds(duty)).length <= 1, `two nodes do ${duty}`)
  }

  try {
    for (const machine of machines) {
      machine.start()
      await time.pass(3_000)
    }
    await quiet()
    for (let i = 0; i < acts; i++) {
      await act()
      await time.pass(chance.of([0, 20, 150, 1_000]) ?? 0)
      inspectAlways()
      if (i % 40 === 39) await quiet()
    }
    await quiet()
    inspectAlways()
    return figures
  } finally {
    for (const machine of machines) machine.kill()
    time.stop()
  }
}

const byUser = (one: Presence, other: Presence): number => (one.userId < other.userId ? -1 : 1)
