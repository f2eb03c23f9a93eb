import { Failure } from '../../core/errors.ts'
import type { Archived, CommitAnswer, Entry, Ledger, Positions } from '../../core/ports.ts'
import type { Instant } from '../../core/vocabulary.ts'
import { createFeed, type Feed } from '../feed.ts'
import { createLedgerTime } from '../time.ts'
import { assertCommit } from '../writes.ts'
import type { Channel } from './channel.ts'
import { createOwnWrites } from './ownWrites.ts'
import { BEAT_MS, type Beat, type Commits, type Hello, machineMs, type Stream } from './words.ts'

/** Without a word for so long, in ms, the process with the ledger is not believed to be there. */
const SILENT_MS = 3 * BEAT_MS

/** A ledger from afar; the last two where the other side can do them while it is used. */
export interface SharedLedger extends Ledger {
  backup?(folder: string): Promise<void>
  exportLines?(): AsyncGenerator<string>
}

export interface SharedLedgerParts {
  readonly channel: Channel
  /** Commits kept for whoever follows from an earlier position: at least those of the time that loading takes. */
  readonly commitsMax?: number
}

/** Opens the ledger that another process of this machine has open; the channel stays that of whoever made it. Throws Failure `unavailable` when that process is gone. */
export async function openSharedLedger({ channel, commitsMax = 10_000 }: SharedLedgerParts): Promise<SharedLedger> {
  const { hello, feed, absent, away, staleSince, now, own, closing } = await join(channel, commitsMax)
  const { epoch, factsPartitions, positions } = hello

  return {
    epoch,
    factsPartitions,
    async load(visit) {
      const opened = await open<Entry>(channel, 'entries')
      for await (const chunk of opened.chunks) for (const entry of chunk) visit(entry)
      return opened.positions
    },
    async commit(partition, writes, appends = []) {
      assertCommit({ has: (name) => name in positions }, partition, writes, appends)
      const why = absent()
      if (why !== null) throw new Failure('unavailable', `Nothing can be stored now: ${why}`, { reason: 'ledger_away' })
      const forget = own.remember(partition, writes)
      try {
        return await channel.ask<CommitAnswer>('commit', partition, writes, appends)
      } finally {
        forget()
      }
    },
    async caughtUp(partition) {
      const why = absent()
      if (why !== null) throw new Failure('unavailable', `Nothing can be known now: ${why}`, { reason: 'ledger_away' })
      await channel.ask<void>('caughtUp', partition)
    },
    archive: {
      range: (partition, series, range) => channel.ask<readonly Archived[]>('range', partition, series, range),
      names: (partition, page) => channel.ask<readonly string[]>('names', partition, page),
      erase: (partition, series, before) => channel.ask<void>('erase', partition, series, before),
    },
    follow: feed.follow,
    now,
    away,
    staleSince,
    close: async () => closing(),
    ...(hello.copies && {
      backup: (folder: string) => channel.ask<void>('backup', folder),
      async *exportLines() {
        const opened = await open<string>(channel, 'lines')
        for await (const chunk of opened.chunks) yield* chunk
      },
    }),
  }
}

/** Everything that the other side says by itself, from its first word on. */
async function join(channel: Channel, commitsMax: number) {
  const { promise, resolve, reject } = Promise.withResolvers<Hello>()
  const own = createOwnWrites()
  let feed: Feed | null = null
  let positions: ReadonlyMap<string, number> = new Map()
  let beat: Beat = { now: 0, at: 0, away: null }
  let [heardAt, isGone, isClosing] = [0, false, false]

  function beaten(heard: Beat): void {
    beat = heard
    heardAt = performance.now()
  }

  channel.handle({
    hello(hello: Hello) {
      beaten(hello.beat)
      positions = new Map(Object.entries(hello.positions))
      feed = createFeed({ positions, commitsMax })
      resolve(hello)
    },
    beat: beaten,
    commits(commits: Commits) {
      for (const commit of commits) feed?.publish(own.recognised(commit))
    },
    lost: (reached: Positions) => feed?.lose(new Map(Object.entries(reached))),
  })
  channel.onClosed(() => {
    isGone = true
    if (!isClosing) feed?.lose(positions)
    reject(new Failure('unavailable', GONE, { reason: 'ledger_away' }))
  })
  channel.tell('join')
  const hello = await promise
  if (feed === null) throw new Error('a hello without a feed')

  const absent = (): string | null => {
    if (isClosing) return 'the ledger is closed'
    if (isGone) return GONE
    return performance.now() - heardAt > SILENT_MS ? 'the process that has the store does not answer' : null
  }
  const monotonic = (): number => performance.now() + MACHINE_MS_AHEAD
  return {
    hello,
    feed: feed as Feed,
    own,
    absent,
    away: () => absent() ?? beat.away,
    staleSince: (): Instant | null => (absent() === null ? null : beat.now),
    closing() {
      isClosing = true
    },
    now: createLedgerTime(() => beat.now + (monotonic() - beat.at), monotonic),
  }
}

const GONE = 'the process that has the store is gone'

/** Both read the same clock, from other beginnings. */
const MACHINE_MS_AHEAD = machineMs() - performance.now()

/** While a chunk is worked on, the next is under way. */
async function open<Item>(channel: Channel, what: Stream) {
  const { stream, positions } = await channel.ask<{ stream: number; positions: Positions }>('open', what)
  const next = (): Promise<readonly Item[] | null> => channel.ask('next', stream)

  async function* chunks(): AsyncGenerator<readonly Item[]> {
    try {
      let upcoming = next()
      for (let chunk = await upcoming; chunk !== null; chunk = await upcoming) {
        upcoming = next()
        // Whoever goes on finds out then; whoever does not, need not know.
        upcoming.catch(() => {})
        yield chunk
      }
    } finally {
      channel.tell('end', stream)
    }
  }

  return { positions, chunks: chunks() }
}
