import type { Ledger, Partition } from '../../core/ports.ts'
import { linesOf } from '../lines.ts'
import { assertCommit, FACTS_PARTITIONS, partitionsOf } from '../writes.ts'
import type { RedisAddress } from './address.ts'
import { createRedisArchive } from './archive.ts'
import { type Committer, createCommitter, HEARD_MS_MAX, unavailable } from './committer.ts'
import { doubtsAbout } from './doubts.ts'
import { createFollowing } from './following.ts'
import { keysOf, metaKey } from './keys.ts'
import { loadAll, readPositions } from './load.ts'
import { readLogs } from './log.ts'
import { FORMAT, readMeta, settleMeta } from './meta.ts'
import { takePicture } from './picture.ts'
import { createReplicas } from './replicas.ts'
import { readScripts } from './scripts.ts'
import { openTalk } from './talk.ts'
import { createRedisTime } from './time.ts'
import { type TryWriting, watchStore } from './watch.ts'

export interface RedisLedgerParts {
  readonly address: RedisAddress
  /** Fixed when the store is new; an existing one keeps its own. */
  readonly factsPartitions?: number
  /** Whether a store is made where there is none; else that is Failure `not_found`. */
  readonly makes?: boolean
  readonly log?: { warn(words: string): void }
}

export interface RedisLedger extends Ledger {
  /** Every entry as JSON lines, of one moment for each partition, whatever is committed meanwhile. */
  exportLines(): AsyncGenerator<string>
}

/** Opens the ledger in a Redis or Valkey, which any number of nodes may share. Throws Failure, with words: nothing answers, newer format (L5). */
export async function openRedisLedger({
  address,
  factsPartitions = FACTS_PARTITIONS,
  makes = true,
  log = { warn: () => {} },
}: RedisLedgerParts): Promise<RedisLedger> {
  const { prefix } = address
  const talk = await openTalk(address)
  try {
    const scripts = await readScripts(talk)
    const { erase, renew, settle } = scripts
    const meta = makes ? await settleMeta(settle, prefix, factsPartitions) : await readMeta(talk, prefix)
    for (const { says, remedy } of await doubtsAbout(talk, prefix)) log.warn(`${says}: ${remedy}`)
    const partitions = partitionsOf(meta.factsPartitions)
    const positions = await readPositions(talk, prefix, partitions)
    const following = createFollowing(positions)
    const time = await createRedisTime(talk, metaKey(prefix))
    const groups = groupsOf(partitions, talk.sharesSlots)
    const readers = await Promise.all(
      groups.map(async (group) =>
        readLogs({
          talk: await talk.another(),
          prefix,
          partitions: group,
          following,
        }),
      ),
    )
    const committers = new Map<Partition, { readonly commit: Committer; readonly tryWriting: TryWriting }>()
    for (const group of groups) {
      const { counter } = keysOf(prefix, group[0] ?? '')
      const replicas = address.replicas > 0 ? createReplicas(talk, counter, address.replicas) : null
      const tryWriting: TryWriting = async () => {
        // Leaves the counter as it is, but is written, and copied.
        await talk.send(counter, ['INCRBY', counter, '0'])
        await replicas?.hold()
      }
      const onRefused = (words: string): void => watch.refused(tryWriting, words)
      const commit = createCommitter({
        script: scripts.commit,
        prefix,
        following,
        replicas,
        onBehind: () => watch.distrust(),
        onRefused,
      })
      for (const partition of group) committers.set(partition, { commit, tryWriting })
    }
    const watch = watchStore({ talk, prefix, partitions, epoch: meta.epoch, format: meta.format, following, time, renew, log })

    return {
      epoch: meta.epoch,
      factsPartitions: meta.factsPartitions,
      load: (visit) => loadAll(talk, prefix, partitions, visit),
      async commit(partition, writes, appends = []) {
        assertCommit(committers, partition, writes, appends)
        const committer = committers.get(partition)
        const why = watch.away(committer?.tryWriting)
        if (why !== null || committer === undefined) throw unavailable(why ?? 'there is no such partition')
        return committer.commit(partition, { writes, appends })
      },
      archive: createRedisArchive({ talk, prefix, erase }),
      follow: following.follow,
      async caughtUp(partition) {
        const why = watch.away()
        if (why !== null) throw unavailable(why)
        try {
          // As it was when the store was asked: while it answers, more comes to be known.
          const known = following.positionOf(partition)
          const { [partition]: position = 0 } = await readPositions(talk, prefix, [partition])
          if (position < known) watch.distrust()
          await following.until(partition, position, HEARD_MS_MAX)
        } catch (error) {
          throw unavailable((error as Error).message)
        }
      },
      now: time.now,
      away: () => watch.away(),
      staleSince: watch.staleSince,
      format: {
        reads: FORMAT,
        async raise(to) {
          if (to <= watch.format()) return
          const key = metaKey(prefix)
          await talk.send(key, ['HSET', key, 'format', String(to)])
          log.warn(`the store has format ${to} from now on: versions that do not read it refuse it`)
        },
      },
      async *exportLines() {
        await using now = await takePicture({ talk, prefix, meta, scripts })
        yield* linesOf(now)
      },
      async close() {
        watch.stop()
        for (const stop of readers) stop()
        talk.close()
      },
    }
  } catch (error) {
    talk.close()
    throw error
  }
}

/** Partitions that one command may name: all, or each alone where they are in slots of their own. */
const groupsOf = (partitions: readonly Partition[], sharesSlots: boolean): readonly (readonly Partition[])[] =>
  sharesSlots ? [partitions] : partitions.map((partition) => [partition])
