import { setImmediate } from 'node:timers/promises'
import { Failure } from '../../core/errors.ts'
import type { CommitAnswer, Partition } from '../../core/ports.ts'
import type { Feed } from '../feed.ts'
import { type Head, prefixOf } from './format.ts'
import { type Judgement, judge, type Operation, type Waiting } from './judge.ts'
import { readHeads, reopenStore, type Store } from './store.ts'
import { createVersions } from './versions.ts'

export interface CommitterParts {
  readonly store: Store
  readonly folder: string
  /** Where each partition stands; moved along by what is committed. */
  readonly heads: Map<Partition, Head>
  readonly feed: Feed
  /** Others must let go of the store before it is closed. */
  readonly beforeClosing: () => Promise<void>
  readonly log: { warn(words: string): void }
}

export interface Committer {
  /** Resolves once durable; throws Failure `unavailable` when it cannot tell or store. */
  readonly commit: (wanted: Wanted) => Promise<CommitAnswer>
  readonly away: () => string | null
  /** Waits for what is under way, and takes nothing more. */
  readonly close: () => Promise<void>
}

/** One synced batch holds no more writes than this, so that making it never holds the event loop for long. */
const GROUP_WRITES_MAX = 2000
const RETRY_MS = 500

/** What one caller wants, all or nothing. */
type Wanted = Omit<Waiting, 'storeKeys'>

interface Asked extends Waiting {
  readonly resolve: (answer: CommitAnswer) => void
  readonly reject: (failure: unknown) => void
}

/**
 * Group commit: one synced batch is in flight while the next gathers. After a failed write LevelDB's log may end in half a
 * record, behind which nothing would be found again; so the store is closed and opened before anything else is written.
 */
export function createCommitter({ store, folder, heads, feed, beforeClosing, log }: CommitterParts): Committer {
  const versions = createVersions(store)
  let queue: Asked[] = []
  let working: Promise<void> | null = null
  let away: Away | null = null
  let closed = false

  function commit(wanted: Wanted): Promise<CommitAnswer> {
    const prefix = prefixOf(wanted.partition)
    return new Promise((resolve, reject) => {
      if (closed) return reject(unavailable('the ledger is closed'))
      queue.push({ ...wanted, storeKeys: wanted.writes.map(({ key }) => prefix + key), resolve, reject })
      working ??= work()
    })
  }

  async function work(): Promise<void> {
    while (queue.length > 0) {
      await setImmediate()
      await commitGroup(nextGroup())
    }
    working = null
  }

  function nextGroup(): readonly Asked[] {
    let [writes, end] = [0, 0]
    while (end < queue.length && writes < GROUP_WRITES_MAX) writes += sizeOf(queue[end++])
    const group = queue.slice(0, end)
    queue = queue.slice(end)
    return group
  }

  async function commitGroup(group: readonly Asked[]): Promise<void> {
    if (away !== null) return refuse(group, unavailable(away.reason))
    let attempt: Judgement
    try {
      attempt = await judgeGroup(group)
    } catch (error) {
      return refuse(group, unavailable(`the ledger cannot be read: ${wordsOf(error)}`, error))
    }
    try {
      if (attempt.operations.length > 0) await write(attempt.operations)
    } catch (error) {
      return refuse(group, leave(error, attempt))
    }
    adopt(attempt)
    answer(group, attempt)
  }

  async function judgeGroup(group: readonly Asked[]): Promise<Judgement> {
    return judge(group, heads, await versions.read(new Set(group.flatMap(({ storeKeys }) => storeKeys))))
  }

  /** One after the other into LevelDB's own batch: a list of them costs half as much again. */
  async function write(operations: readonly Operation[]): Promise<void> {
    const batch = store.batch()
    for (const operation of operations) {
      if (operation.type === 'put') batch.put(operation.key, operation.value)
      else batch.del(operation.key)
    }
    await batch.write({ sync: true })
  }

  /** The batch is durable: followers hear of it before those who asked. */
  function adopt({ heads: moved, known, commits }: Judgement): void {
    for (const [partition, head] of moved) heads.set(partition, head)
    for (const [storeKey, version] of known) if (typeof version === 'number') versions.remember(storeKey, version)
    for (const each of commits) feed.publish(each)
  }

  function leave(error: unknown, attempt: Judgement): Failure {
    const reason = `the ledger cannot store: ${wordsOf(error)}`
    log.warn(reason)
    versions.forgetAll()
    away = { reason, attempt, timer: setTimeout(tryAgain, RETRY_MS), trying: null }
    return unavailable(reason, error)
  }

  function tryAgain(): void {
    if (away !== null) away.trying = comeBack(away)
  }

  async function comeBack(from: Away): Promise<void> {
    try {
      await beforeClosing()
      await store.close()
      await reopenStore(store, folder)
      settle(await readHeads(store, [...heads.keys()]), from.attempt)
      away = null
      log.warn('the ledger stores again')
    } catch (error) {
      from.reason = `the ledger cannot store: ${wordsOf(error)}`
      if (!closed) from.timer = setTimeout(tryAgain, RETRY_MS)
    }
  }

  /** A failed batch was refused to those who asked, but may be in the store all the same: then followers hear of it now. */
  function settle(found: ReadonlyMap<Partition, Head>, attempt: Judgement): void {
    const isAt = (expected: (partition: Partition) => Head | undefined) =>
      [...found].every(([partition, head]) => head.position === expected(partition)?.position)
    if (isAt((partition) => heads.get(partition))) return
    if (isAt((partition) => attempt.heads.get(partition) ?? heads.get(partition))) {
      adopt(attempt)
      return
    }
    for (const [partition, head] of found) heads.set(partition, head)
    feed.lose(new Map([...found].map(([partition, head]) => [partition, head.position])))
  }

  return {
    commit,
    away: () => away?.reason ?? null,
    async close() {
      closed = true
      await working
      if (away !== null) clearTimeout(away.timer)
      await away?.trying
    },
  }
}

/** Why nothing can be stored, what was being stored then, and the next try to come back. */
interface Away {
  reason: string
  readonly attempt: Judgement
  timer: NodeJS.Timeout
  trying: Promise<void> | null
}

const sizeOf = (waiting: Waiting | undefined): number =>
  waiting === undefined ? 0 : waiting.writes.length + waiting.appends.length + (waiting.erased?.length ?? 0)

function answer(group: readonly Asked[], { answers }: Judgement): void {
  for (const [i, { resolve, reject }] of group.entries()) {
    const given = answers[i]
    if (given === undefined || given instanceof Error) reject(unavailable(`an entry cannot be read: ${wordsOf(given)}`, given))
    else resolve(given)
  }
}

function refuse(group: readonly Asked[], failure: Failure): void {
  for (const { reject } of group) reject(failure)
}

function unavailable(words: string, cause?: unknown): Failure {
  if (cause instanceof Failure) return cause
  return new Failure('unavailable', words, { reason: 'ledger_away', retryAfterMs: RETRY_MS, cause })
}

function wordsOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return cause instanceof Error ? cause.message : String(cause)
}
