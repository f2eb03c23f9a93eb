import type { Partition, Version } from '../../core/ports.ts'
import type { Instant } from '../../core/vocabulary.ts'
import type { Following } from './following.ts'
import { keysOf, metaKey } from './keys.ts'
import { readPositions } from './load.ts'
import { FORMAT, newerFormat } from './meta.ts'
import type { Script } from './scripts.ts'
import type { Talk } from './talk.ts'
import type { RedisTime } from './time.ts'

/** How often the store is looked at, in ms. */
const LOOK_MS = 1_000
/** Without a look that found everything known here for so long, in ms, what is known may be old. */
const STALE_MS = 3 * LOOK_MS
/** The log keeps at least so many commits of a partition, and those of so many looks. */
const [KEPT_COMMITS, KEPT_LOOKS] = [100_000, 600]
/** Looks between two trimmings. */
const TRIM_LOOKS = 60

export interface WatchParts {
  readonly talk: Talk
  readonly prefix: string
  readonly partitions: readonly Partition[]
  readonly epoch: string
  /** Of the store, when it was opened. */
  readonly format: number
  readonly following: Following
  readonly time: RedisTime
  readonly renew: Script
  readonly log: { warn(words: string): void }
}

/** Resolves when something can be written where some partitions are. */
export type TryWriting = () => Promise<void>

export interface StoreWatch {
  /** Why commits would fail now, those that are tried so or any; null: they would not. */
  away(tried?: TryWriting): string | null
  /** Since when more may have been committed than is known here; null: all is known. */
  staleSince(): Instant | null
  /** The store's, as it was last seen. */
  format(): number
  /** The store was seen without something that is known here, whatever it has by the next look. */
  distrust(): void
  /** Something was not stored, and no more is asked for until `tryWriting`, which each look calls, resolves. */
  refused(tryWriting: TryWriting, words: string): void
  stop(): void
}

/** Looks each second whether the store is there, is the one it was, and has lost nothing; and keeps its logs short. */
export function watchStore(parts: WatchParts): StoreWatch {
  const { talk, prefix, partitions, epoch, format, following, time, renew, log } = parts
  let why: string | null = null
  let told: string | null = null
  const refusals = new Map<TryWriting, string>()
  let [looks, stopped, distrusted] = [0, false, false]
  let written = format
  const history: (readonly number[])[] = []
  let fresh = { asOf: time.now(), lookedAt: performance.now() }
  let last: { readonly asOf: Instant; readonly positions: readonly number[] } | null = null

  /** A counter behind what is known here: a replica that had less took over, or an old copy was put back. */
  async function look(): Promise<string | null> {
    const meta = metaKey(prefix)
    const known = partitions.map(following.positionOf)
    const [asOf, lookedAt] = [time.now(), performance.now()]
    const [[found, form], positions] = await Promise.all([
      talk.send(meta, ['HMGET', meta, 'epoch', 'format']) as Promise<readonly (Buffer | null)[]>,
      readPositions(talk, prefix, partitions),
      time.sample(),
    ])
    if (found == null) return 'the store is empty, though it was not: put its content back, or give it another prefix'
    written = Number(form)
    if (written > FORMAT) {
      following.lose(positions)
      return newerFormat(String(form))
    }
    const isBehind = distrusted || partitions.some((partition, i) => (positions[partition] ?? 0) < (known[i] ?? 0))
    if (isBehind) await renew([meta], [epoch, crypto.randomUUID()])
    if (isBehind || String(found) !== epoch) {
      log.warn(
        'the store is not the one it was: what had been committed last is gone, or it was put back from a copy. Loading again',
      )
      following.lose(positions)
      distrusted = false
      return null
    }
    for (const [i, partition] of partitions.entries()) {
      const position = known[i] ?? 0
      if ((last?.positions[i] ?? 0) > position && (await isMissed(partition, position)))
        following.lose({ [partition]: positions[partition] ?? 0 })
    }
    // What there was at the look before has had time to arrive.
    if (last === null || last.positions.every((position, i) => position <= (known[i] ?? 0)))
      fresh = { asOf: last?.asOf ?? asOf, lookedAt }
    last = { asOf, positions: partitions.map((partition) => positions[partition] ?? 0) }
    history.push(partitions.map((partition) => positions[partition] ?? 0))
    if (history.length > KEPT_LOOKS) history.shift()
    if (++looks % TRIM_LOOKS === 0 && history.length === KEPT_LOOKS) await trim(history[0] ?? [])
    return null
  }

  /** Whether what follows a position is in the log no more: then nobody will tell of it. */
  async function isMissed(partition: Partition, position: Version): Promise<boolean> {
    const { log: stream } = keysOf(prefix, partition)
    const next = await talk.send(stream, ['XRANGE', stream, `(${position}-0`, '+', 'COUNT', '1'])
    return (next as readonly unknown[]).length === 0
  }

  async function trim(old: readonly number[]): Promise<void> {
    for (const [i, partition] of partitions.entries()) {
      const { log: stream } = keysOf(prefix, partition)
      const first = Math.min(old[i] ?? 0, following.positionOf(partition) - KEPT_COMMITS)
      if (first > 0) await talk.send(stream, ['XTRIM', stream, 'MINID', '~', `${first}-0`])
    }
  }

  async function tryAgain(): Promise<void> {
    for (const tryWriting of refusals.keys()) {
      const words = await tryWriting().then(() => null, wordsIn)
      refusals.delete(tryWriting)
      if (words === null) continue
      // The next look begins with another one: each may take as long as replicas are waited for.
      refusals.set(tryWriting, words)
      return
    }
  }

  const away = (): string | null => why ?? refusals.values().next().value ?? null

  function tell(): void {
    const now = away()
    if (now !== null && now !== told) log.warn(`the ledger is away: ${now}`)
    if (now === null && told !== null) log.warn('the ledger is back')
    told = now
  }

  void (async () => {
    while (!stopped) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS).unref())
      if (stopped) return
      why = await look().catch(wordsIn)
      if (why === null) await tryAgain()
      tell()
    }
  })()
  return {
    away: (tried) =>
      (tried === undefined ? away() : (why ?? refusals.get(tried))) ??
      (talk.isReady() ? null : 'there is no connection to Redis'),
    staleSince: () => (why !== null || performance.now() - fresh.lookedAt > STALE_MS ? fresh.asOf : null),
    format: () => written,
    distrust() {
      distrusted = true
    },
    refused(tryWriting, words) {
      refusals.set(tryWriting, words)
      tell()
    },
    stop() {
      stopped = true
    },
  }
}

const wordsIn = ({ message }: Error): string => message
