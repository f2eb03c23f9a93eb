import { Failure } from '../../core/errors.ts'
import type { Append, CommitAnswer, Ledger, Partition, Write } from '../../core/ports.ts'
import { linesOf } from '../lines.ts'
import { assertCommit, FACTS_PARTITIONS, partitionsOf } from '../writes.ts'
import type { RedisAddress } from './address.ts'
import { appendsOut, createRedisArchive } from './archive.ts'
import { valueOut } from './entries.ts'
import { createFollowing } from './following.ts'
import { keysOf, metaKey } from './keys.ts'
import { loadAll, readPositions } from './load.ts'
import { readLogs } from './log.ts'
import { settleMeta } from './meta.ts'
import { takePicture } from './picture.ts'
import { createReplicas } from './replicas.ts'
import { readScripts } from './scripts.ts'
import { openTalk, type Reply } from './talk.ts'
import { createRedisTime } from './time.ts'
import { watchStore } from './watch.ts'

export interface RedisLedgerParts {
  readonly address: RedisAddress
  /** Fixed when the store is new; an existing one keeps its own. */
  readonly factsPartitions?: number
  readonly log?: { warn(words: string): void }
}

export interface RedisLedger extends Ledger {
  /** Every entry as JSON lines, of one moment for each partition, whatever is committed meanwhile. */
  exportLines(): AsyncGenerator<string>
}

/** How long a commit's place in the log may take to be known here, in ms. */
const HEARD_MS_MAX = 5_000

/** Opens the ledger in a Redis or Valkey, which any number of nodes may share. Throws Failure, with words: nothing answers, newer format (L5). */
export async function openRedisLedger({
  address,
  factsPartitions = FACTS_PARTITIONS,
  log = { warn: () => {} },
}: RedisLedgerParts): Promise<RedisLedger> {
  const { prefix } = address
  const talk = await openTalk(address)
  try {
    const scripts = await readScripts(talk)
    const { commit, erase, renew, settle } = scripts
    const meta = await settleMeta(settle, prefix, factsPartitions)
    const partitions = partitionsOf(meta.factsPartitions)
    const positions = await readPositions(talk, prefix, partitions)
    const following = createFollowing(positions)
    const time = await createRedisTime(talk, metaKey(prefix))
    const readers = await Promise.all(
      groupsOf(partitions, talk.sharesSlots).map(async (group) =>
        readLogs({
          talk: await talk.another(),
          prefix,
          partitions: group,
          positionOf: following.positionOf,
          onCommit: (heard) => following.heard(heard, 'log'),
        }),
      ),
    )
    const replicas = address.replicas > 0 ? createReplicas(talk, metaKey(prefix), address.replicas) : null
    const watch = watchStore({ talk, prefix, partitions, epoch: meta.epoch, following, time, renew, log })

    return {
      epoch: meta.epoch,
      factsPartitions: meta.factsPartitions,
      load: (visit) => loadAll(talk, prefix, partitions, visit),
      async commit(partition, writes, appends = []) {
        assertCommit({ has: (name) => name in positions }, partition, writes, appends)
        const why = watch.away()
        if (why !== null) throw unavailable(why)
        const answer = await attempt(partition, writes, appends)
        if (!answer.committed) return answer
        following.heard({ partition, version: answer.version, writes: writes.map(({ key, value }) => ({ key, value })) }, 'own')
        await following
          .until(partition, answer.version, HEARD_MS_MAX)
          .catch((error: Error) => Promise.reject(unavailable(error.message)))
        return answer
      },
      archive: createRedisArchive({ talk, prefix, erase }),
      follow: following.follow,
      now: time.now,
      away: watch.away,
      staleSince: watch.staleSince,
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

    async function attempt(partition: Partition, writes: readonly Write[], appends: readonly Append[]): Promise<CommitAnswer> {
      const { counter, entries, log: stream, names } = keysOf(prefix, partition)
      const appended = appendsOut(prefix, partition, appends)
      const written = writes.flatMap(({ key, value, expects }) => [key, String(expects), valueOut(value)])
      try {
        const asked = commit(
          [counter, entries, stream, names, ...appended.keys],
          [String(writes.length), ...written, ...appended.parameters],
        )
        const held = replicas?.hold()
        const [reply] = await Promise.all([asked, held])
        const answer = answerIn(reply)
        if (answer.committed) await replicas?.assertThere(counter, answer.version)
        return answer
      } catch (error) {
        throw unavailable((error as Error).message)
      }
    }
  } catch (error) {
    talk.close()
    throw error
  }
}

function answerIn(reply: Reply): CommitAnswer {
  const [outcome, ...rest] = reply as readonly [number, ...Buffer[]]
  if (outcome === 1) return { committed: true, version: Number(rest[0]) }
  const conflicts = rest.flatMap((key, i) => (i % 2 === 0 ? [{ key: key.toString(), version: Number(rest[i + 1]) }] : []))
  return { committed: false, conflicts }
}

/** Partitions whose logs one command may read: all, or each alone where they are in slots of their own. */
const groupsOf = (partitions: readonly Partition[], sharesSlots: boolean): readonly (readonly Partition[])[] =>
  sharesSlots ? [partitions] : partitions.map((partition) => [partition])

const unavailable = (why: string): Failure =>
  new Failure('unavailable', `Nothing can be stored now: ${why}`, { reason: 'ledger_away' })
