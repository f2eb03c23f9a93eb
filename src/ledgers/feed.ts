import type { Commit, Follower, Partition, Positions, Version } from '../core/ports.ts'

export interface FeedParts {
  /** Where each partition stands before the first commit told here. */
  readonly positions: ReadonlyMap<Partition, Version>
  /** How many commits are kept for followers that start behind; beyond, they are told to reload. */
  readonly commitsMax?: number
  /** How many bytes those commits may hold. */
  readonly bytesMax?: number
}

export interface Feed {
  /** Tells every follower, before it returns; commits come in the order of their versions. */
  readonly publish: (commit: Commit) => void
  /** Starts after the positions. A reload ends the following. */
  readonly follow: (after: Positions, follower: Follower) => () => void
  /** Something happened that was not seen here: every follower must load again. */
  readonly lose: (positions: ReadonlyMap<Partition, Version>) => void
}

interface Following {
  readonly after: Positions
  readonly follower: Follower
  /** Number of the next commit to look at. */
  next: number
  lost: boolean
  telling: boolean
}

/** A bounded history of commits and those who follow it, each with a place of its own in it (L4). */
export function createFeed({ positions, commitsMax = 10_000, bytesMax = 16 * 1024 * 1024 }: FeedParts): Feed {
  const followings = new Set<Following>()
  const history = createHistory(commitsMax, bytesMax)
  let [oldest, newest] = [new Map(positions), new Map(positions)]

  function tell(following: Following): void {
    if (following.telling) return
    following.telling = true
    while (followings.has(following) && !following.lost && following.next < history.end()) tellNext(following)
    following.telling = false
    if (following.lost && followings.delete(following)) guarded(() => following.follower.reload())
  }

  function tellNext(following: Following): void {
    const commit = history.at(following.next++)
    if (commit === null) following.lost = true
    else if (commit.version > (following.after[commit.partition] ?? 0)) guarded(() => following.follower.commit(commit))
  }

  const isGap = (after: Positions): boolean =>
    [...newest].some(([partition, position]) => {
      const from = after[partition] ?? 0
      return from < (oldest.get(partition) ?? 0) || from > position
    })

  return {
    publish(commit) {
      newest.set(commit.partition, commit.version)
      for (const dropped of history.push(commit)) oldest.set(dropped.partition, dropped.version)
      for (const following of followings) tell(following)
    },
    follow(after, follower) {
      const following = { after, follower, next: history.start(), lost: isGap(after), telling: false }
      followings.add(following)
      queueMicrotask(() => tell(following))
      return () => void followings.delete(following)
    },
    lose(reached) {
      history.clear()
      ;[oldest, newest] = [new Map(reached), new Map(reached)]
      for (const following of followings) {
        following.lost = true
        tell(following)
      }
    },
  }
}

/** A follower that throws has a bug: it must be heard of, but may not harm the commit or the other followers. */
function guarded(call: () => void): void {
  try {
    call()
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}

function createHistory(commitsMax: number, bytesMax: number) {
  let commits: Commit[] = []
  let [first, dropped, bytes] = [0, 0, 0]

  function trim(): readonly Commit[] {
    const gone: Commit[] = []
    while (commits.length - dropped > commitsMax || bytes > bytesMax) {
      const commit = commits[dropped++]
      if (commit === undefined) break
      bytes -= sizeOf(commit)
      gone.push(commit)
    }
    return gone
  }

  return {
    start: () => first + dropped,
    end: () => first + commits.length,
    at: (number: number): Commit | null => (number < first + dropped ? null : (commits[number - first] ?? null)),
    /** Answers what had to go for it. */
    push(commit: Commit): readonly Commit[] {
      commits.push(commit)
      bytes += sizeOf(commit)
      const gone = trim()
      if (dropped * 2 > commits.length) {
        commits = commits.slice(dropped)
        first += dropped
        dropped = 0
      }
      return gone
    },
    clear(): void {
      first += commits.length
      commits = []
      dropped = 0
      bytes = 0
    },
  }
}

function sizeOf({ writes }: Commit): number {
  let bytes = 0
  for (const { key, value } of writes) bytes += 2 * key.length + (value?.byteLength ?? 0)
  return bytes
}
