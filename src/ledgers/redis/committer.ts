import { Failure } from '../../core/errors.ts'
import type { CommitAnswer, Partition } from '../../core/ports.ts'
import type { Following } from './following.ts'
import { keysOf, type PartitionKeys } from './keys.ts'
import { packOut, type Wanted } from './pack.ts'
import type { Replicas } from './replicas.ts'
import type { Script } from './scripts.ts'
import type { Reply } from './talk.ts'
import { isRefusal } from './words.ts'

export interface CommitterParts {
  readonly script: Script
  readonly prefix: string
  readonly following: Following
  /** Null: no replica needs to hold a commit. */
  readonly replicas: Replicas | null
  /** The store had less than is known here: something that was committed is gone from it. */
  readonly onBehind: () => void
  /** Redis answered, and would not store it, or its replicas would not. */
  readonly onRefused: (words: string) => void
}

/** Resolves once stored, and told here; throws Failure `unavailable` when it cannot tell or store. */
export type Committer = (partition: Partition, wanted: Wanted) => Promise<CommitAnswer>

/** One script call makes no more commits than this: Redis does nothing else meanwhile. */
const GROUP_COMMITS_MAX = 256
/** One is done while the answer to the other is read and told. */
const CALLS_AT_ONCE_MAX = 2
/** How long a commit's place in the log may take to be known here, in ms. */
export const HEARD_MS_MAX = 5_000

interface Asked extends Wanted {
  readonly partition: Partition
  readonly resolve: (answer: CommitAnswer) => void
  readonly reject: (failure: unknown) => void
}

/** What a script call does in one partition. */
interface Part {
  readonly partition: Partition
  readonly keys: PartitionKeys
  readonly commits: readonly Asked[]
}

/**
 * Group commit, for partitions that one command may name: while calls are on their way the next gathers. Redis has the next call at
 * hand when it has answered one, and this process works out what that answer means meanwhile.
 */
export function createCommitter({ script, prefix, following, replicas, onBehind, onRefused }: CommitterParts): Committer {
  let queue: Asked[] = []
  let [callsOnWay, isGathering] = [0, false]
  /** Answers are told in the order of their calls. */
  let told = Promise.resolve()

  /** What is asked within one turn of the event loop goes together. */
  function gather(): void {
    if (isGathering || queue.length === 0 || callsOnWay >= CALLS_AT_ONCE_MAX) return
    isGathering = true
    setImmediate(call)
  }

  function call(): void {
    isGathering = false
    callsOnWay++
    const group = queue.slice(0, GROUP_COMMITS_MAX)
    queue = queue.slice(GROUP_COMMITS_MAX)
    const answered = commitGroup(partsOf(group, prefix)).catch((error: Error) => () => fail(group, error))
    told = told.then(async () => {
      const tell = await answered
      callsOnWay--
      gather()
      tell()
    })
  }

  function fail(group: readonly Asked[], error: Error): void {
    // After an answer that was lost, only asking again tells.
    if (!(error instanceof Failure) || isRefusal(error)) onRefused(error.message)
    refuse(group, error)
  }

  /** Answers how those who asked are told. */
  async function commitGroup(parts: readonly Part[]): Promise<() => void> {
    const known = parts.map(({ partition }) => following.positionOf(partition))
    const asked = script(keysFor(parts), [packOut(parts.map(({ commits }) => commits))])
    const [reply] = await Promise.all([asked, replicas?.hold()])
    if ((reply as readonly Reply[]).some((answer, i) => positionIn(answer) < (known[i] ?? 0))) {
      onBehind()
      throw new Error('it has lost what had been committed last')
    }
    const answers = parts.map(({ commits }, i) => answersIn((reply as readonly Reply[])[i], commits.length))
    await replicas?.assertThere(parts.map(({ keys }, i) => ({ counter: keys.counter, version: highestOf(answers[i]) })))
    return () => {
      for (const [i, part] of parts.entries()) void settle(part, answers[i] ?? [])
    }
  }

  /** Followers here hear of it before those who asked; what others committed before that comes first. */
  async function settle({ partition, commits }: Part, answers: readonly CommitAnswer[]): Promise<void> {
    for (const [i, { writes }] of commits.entries()) {
      const answer = answers[i]
      const told = writes.map(({ key, value }) => ({ key, value }))
      if (answer?.committed) following.heard({ partition, version: answer.version, writes: told }, 'own')
    }
    try {
      await following.until(partition, highestOf(answers), HEARD_MS_MAX)
      for (const [i, answer] of answers.entries()) commits[i]?.resolve(answer)
    } catch (error) {
      refuse(commits, error as Error)
    }
  }

  return (partition, wanted) =>
    new Promise((resolve, reject) => {
      queue.push({ partition, ...wanted, resolve, reject })
      gather()
    })
}

export const unavailable = (why: string): Failure =>
  new Failure('unavailable', `Nothing can be stored now: ${why}`, { reason: 'ledger_away' })

function refuse(commits: readonly Asked[], { message }: Error): void {
  for (const { reject } of commits) reject(unavailable(message))
}

const partsOf = (group: readonly Asked[], prefix: string): readonly Part[] =>
  [...Map.groupBy(group, ({ partition }) => partition)].map(([partition, commits]) => ({
    partition,
    keys: keysOf(prefix, partition),
    commits,
  }))

function keysFor(parts: readonly Part[]): readonly [string, ...string[]] {
  const keys = parts.flatMap(({ keys: { counter, entries, log, names } }) => [counter, entries, log, names])
  const series = parts.flatMap(({ keys, commits }) =>
    commits.flatMap(({ appends }) => appends.map((append) => keys.series(append.series))),
  )
  return [...keys, ...series] as [string, ...string[]]
}

/** The version a partition had, then of each conflict: number of the commit, key, version. */
function answersIn(reply: Reply | undefined, count: number): readonly CommitAnswer[] {
  const [, ...rest] = reply as readonly [Buffer, ...Reply[]]
  const conflicts: { key: string; version: number }[][] = Array.from({ length: count }, () => [])
  for (let i = 0; i < rest.length; i += 3)
    conflicts[Number(rest[i]) - 1]?.push({ key: String(rest[i + 1]), version: Number(rest[i + 2]) })
  let version = positionIn(reply)
  return conflicts.map((found) =>
    found.length === 0 ? { committed: true, version: ++version } : { committed: false, conflicts: found },
  )
}

/** Where the partition stood before. */
const positionIn = (reply: Reply | undefined): number => Number((reply as readonly [Buffer])[0])

const highestOf = (answers: readonly CommitAnswer[] = []): number =>
  answers.reduce((highest, answer) => (answer.committed ? answer.version : highest), 0)
