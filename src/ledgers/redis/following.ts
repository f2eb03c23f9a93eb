import type { Commit, Partition, Positions, Version } from '../../core/ports.ts'
import { createFeed, type Feed } from '../feed.ts'

/** How far each partition is known here, and who waits to know more. */
export interface Following {
  readonly follow: Feed['follow']
  positionOf(partition: Partition): Version
  /** A commit from the log, or one of our own; told in order, each once. A gap is told as such. */
  heard(commit: Commit, from: 'log' | 'own'): void
  /** Resolves when a position is known here; rejects when it was not within the time. */
  until(partition: Partition, position: Version, ms: number): Promise<void>
  /** Resolves after so many ms, or as soon as somebody waits to know more. */
  untilAwaited(ms: number): Promise<void>
  /** What is known may be wrong: everybody has to load again. */
  lose(positions: Positions): void
}

export function createFollowing(positions: Positions): Following {
  const known = new Map(Object.entries(positions))
  const feed = createFeed({ positions: known })
  const waiting = new Set<{ readonly partition: Partition; readonly position: Version; readonly resolve: () => void }>()
  const gathering = new Set<() => void>()
  const positionOf = (partition: Partition): Version => known.get(partition) ?? 0

  function lose(reached: Positions): void {
    for (const [partition, position] of Object.entries(reached)) known.set(partition, position)
    feed.lose(known)
  }

  function reached(partition: Partition, position: Version): void {
    known.set(partition, position)
    for (const one of waiting) {
      if (one.partition !== partition || one.position > position) continue
      waiting.delete(one)
      one.resolve()
    }
  }

  return {
    follow: feed.follow,
    positionOf,
    heard(commit, from) {
      const { partition, version } = commit
      const position = positionOf(partition)
      if (version <= position) return
      if (version === position + 1) {
        feed.publish(commit)
        reached(partition, version)
      } else if (from === 'log') lose({ [partition]: version })
    },
    until(partition, position, ms) {
      if (positionOf(partition) >= position) return Promise.resolve()
      return new Promise((resolve, reject) => {
        const one = { partition, position, resolve: () => settle(resolve) }
        const timer = setTimeout(() => settle(() => reject(new Error('the log of commits is late'))), ms)
        const settle = (end: () => void): void => {
          clearTimeout(timer)
          waiting.delete(one)
          end()
        }
        waiting.add(one)
        for (const end of gathering) end()
      })
    },
    untilAwaited(ms) {
      if (waiting.size > 0) return Promise.resolve()
      return new Promise((resolve) => {
        const timer = setTimeout(end, ms)
        function end(): void {
          clearTimeout(timer)
          gathering.delete(end)
          resolve()
        }
        gathering.add(end)
      })
    },
    lose,
  }
}
