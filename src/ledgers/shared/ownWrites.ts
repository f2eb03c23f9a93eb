import type { Commit, Partition, Write } from '../../core/ports.ts'

/** What was written from here comes back as other bytes. The very ones that were sent save whoever wrote them from reading them again. */
export interface OwnWrites {
  /** Answers how to forget them, once they were answered. */
  remember(partition: Partition, writes: readonly Write[]): () => void
  /** The same commit, with what is being written from here as it was given. */
  recognised(commit: Commit): Commit
}

export function createOwnWrites(): OwnWrites {
  const values = new Map<string, Uint8Array | null>()

  return {
    remember(partition, writes) {
      for (const { key, value } of writes) values.set(nameOf(partition, key), value)
      return () => {
        for (const { key, value } of writes)
          if (values.get(nameOf(partition, key)) === value) values.delete(nameOf(partition, key))
      }
    },
    recognised(commit) {
      if (values.size === 0) return commit
      const writes = commit.writes.map((write) => {
        const own = values.get(nameOf(commit.partition, write.key))
        const isOwn = own && write.value !== null && Buffer.compare(own, write.value) === 0
        return isOwn ? { key: write.key, value: own } : write
      })
      return { ...commit, writes }
    },
  }
}

const nameOf = (partition: Partition, key: string): string => `${partition}\0${key}`
