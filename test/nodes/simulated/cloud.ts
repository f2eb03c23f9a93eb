import { Failure } from '../../../src/core/errors.ts'
import type { Append, Commit, CommitAnswer, Entry, Follower, Ledger, Partition, Version, Write } from '../../../src/core/ports.ts'
import { createMemoryArchive } from '../../../src/ledgers/archive.ts'
import { createRedisTime } from '../../../src/ledgers/redis/time.ts'
import { partitionsOf } from '../../../src/ledgers/writes.ts'
import type { Chance } from '../../simulation/chance.ts'
import type { Life, Time } from './time.ts'

/** What a shared ledger must do; each is switched off to see that the simulation notices. */
export interface Faults {
  /** Versions that writes expect are not compared. */
  readonly comparing?: false
  /** Every node goes by the clock of its own machine. */
  readonly ledgerTime?: false
}

export interface CloudParts {
  readonly time: Time
  readonly chance: Chance
  /** What is in it at first. */
  readonly entries: readonly Entry[]
  readonly onCommit: (commit: Commit) => void
  readonly faults?: Faults
}

/** One node's way to the shared ledger. */
export interface Link {
  isCut: boolean
  /** What it had not been told is not kept for it any more. */
  isTrimmed: boolean
  /** Moves what waited for it to be healed. */
  onHealed: () => void
}

/** One ledger that several nodes reach by a network which is slow, reorders, loses and is cut. */
export interface Cloud {
  /** A process's end of it; rejects when it is not reached. `skewMs`: how far its machine's clock is off. */
  connect(life: Life, link: Link, skewMs: number): Promise<Ledger>
  entryOf(partition: Partition, key: string): Entry | undefined
}

export const FACTS_PARTITIONS = 2
const [WAY_MS_MIN, WAY_MS_MAX] = [1, 90]
/** How long a process waits for an answer, and how often it looks whether there is one, in ms. */
const [ANSWER_MS_MAX, LOOK_MS] = [5_000, 1_000]

const away = (): Failure => new Failure('unavailable', 'the ledger does not answer', { reason: 'ledger_away' })

export function createCloud({ time, chance, entries: first, onCommit, faults = {} }: CloudParts): Cloud {
  const partitions = partitionsOf(FACTS_PARTITIONS)
  const entries = new Map(first.map((entry) => [`${entry.partition} ${entry.key}`, entry]))
  const begins = new Map(partitions.map((partition) => [partition, highest(first, partition)]))
  const logs = new Map(partitions.map((partition) => [partition, [] as Commit[]]))
  const pumps = new Set<() => void>()
  const archive = createMemoryArchive()
  const way = (): number => WAY_MS_MIN + chance.below(chance.below(20) === 0 ? 20 * WAY_MS_MAX : WAY_MS_MAX)
  const positionOf = (partition: Partition): Version => (begins.get(partition) ?? 0) + (logs.get(partition)?.length ?? 0)

  function store(partition: Partition, writes: readonly Write[], appends: readonly Append[]): CommitAnswer {
    const versionOf = (key: string): Version => entries.get(`${partition} ${key}`)?.version ?? 0
    const conflicts = writes.filter(({ key, expects }) => versionOf(key) !== expects)
    if (faults.comparing !== false && conflicts.length > 0)
      return { committed: false, conflicts: conflicts.map(({ key }) => ({ key, version: versionOf(key) })) }
    const version = positionOf(partition) + 1
    for (const { key, value } of writes) {
      if (value === null) entries.delete(`${partition} ${key}`)
      else entries.set(`${partition} ${key}`, { partition, key, value, version })
    }
    archive.append(partition, version, appends)
    const commit = { partition, version, writes: writes.map(({ key, value }) => ({ key, value })) }
    logs.get(partition)?.push(commit)
    onCommit(commit)
    for (const pump of pumps) pump()
    return { committed: true, version }
  }

  async function connect(life: Life, link: Link, skewMs: number): Promise<Ledger> {
    /** There, `work`, and back; either way may be lost. */
    function ask<Answer>(work: () => Answer): Promise<Answer> {
      return new Promise((resolve, reject) => {
        setTimeout(() => reject(away()), ANSWER_MS_MAX)
        if (link.isCut) return
        time.after(way(), () => {
          if (link.isCut) return
          const answer = work()
          time.after(way(), () => void (link.isCut || resolve(answer)), life)
        })
      })
    }

    let isAway = false
    const reached = new Map<Partition, Version>()
    const waiting = new Set<() => void>()
    const monotonic = (): number => time.now() + skewMs
    const told = (): Buffer[] =>
      [Math.trunc(time.now() / 1000), (time.now() % 1000) * 1000].map((part) => Buffer.from(String(part)))
    const talk = { send: () => ask(told), another: async () => talk, sharesSlots: true, isReady: () => !isAway, close: () => {} }
    const clock = await createRedisTime(talk, '', monotonic)
    const looked = (found: boolean): void => {
      isAway = !found
      setTimeout(look, LOOK_MS)
    }
    const look = (): void => {
      clock.sample().then(
        () => looked(true),
        () => looked(false),
      )
    }
    looked(true)

    function follow(after: Readonly<Record<Partition, Version>>, follower: Follower): () => void {
      const next = new Map(partitions.map((partition) => [partition, (after[partition] ?? 0) - (begins.get(partition) ?? 0)]))
      const moving = new Set<Partition>()
      for (const partition of partitions) reached.set(partition, after[partition] ?? 0)
      let stopped = false

      function move(partition: Partition): void {
        const log = logs.get(partition) ?? []
        const until = log.length
        if (stopped || link.isCut || moving.has(partition) || until === next.get(partition)) return
        moving.add(partition)
        time.after(
          way(),
          () => {
            moving.delete(partition)
            if (stopped || link.isCut) return
            if (link.isTrimmed) {
              stopped = true
              link.isTrimmed = false
              return follower.reload()
            }
            for (const commit of log.slice(next.get(partition), until)) follower.commit(commit)
            next.set(partition, until)
            reached.set(partition, (begins.get(partition) ?? 0) + until)
            for (const look of waiting) look()
            move(partition)
          },
          life,
        )
      }

      const pump = (): void => {
        if (life.state === 'dead') pumps.delete(pump)
        else for (const partition of partitions) move(partition)
      }
      pumps.add(pump)
      link.onHealed = pump
      pump()
      return () => {
        stopped = true
        pumps.delete(pump)
      }
    }

    return {
      epoch: 'epoch',
      factsPartitions: FACTS_PARTITIONS,
      async load(visit) {
        // Whoever loads all is not behind.
        link.isTrimmed = false
        const positions = await ask(() => Object.fromEntries(partitions.map((partition) => [partition, positionOf(partition)])))
        for (const partition of partitions)
          for (const entry of await ask(() => [...entries.values()].filter((one) => one.partition === partition))) visit(entry)
        return positions
      },
      archive,
      async commit(partition, writes, appends = []) {
        if (isAway) throw away()
        return ask(() => store(partition, writes, appends))
      },
      async caughtUp(partition) {
        const position = await ask(() => positionOf(partition))
        await new Promise<void>((resolve, reject) => {
          const look = (): void => {
            if ((reached.get(partition) ?? 0) < position) return
            waiting.delete(look)
            resolve()
          }
          setTimeout(() => reject(away()), ANSWER_MS_MAX)
          waiting.add(look)
          look()
        })
      },
      follow,
      now: faults.ledgerTime === false ? monotonic : clock.now,
      away: () => (isAway ? 'the ledger does not answer' : null),
      close: async () => {},
    }
  }

  return { connect, entryOf: (partition, key) => entries.get(`${partition} ${key}`) }
}

const highest = (entries: readonly Entry[], partition: Partition): Version =>
  Math.max(0, ...entries.filter((entry) => entry.partition === partition).map(({ version }) => version))
