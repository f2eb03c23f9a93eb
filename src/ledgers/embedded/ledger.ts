import { randomUUID } from 'node:crypto'
import { mkdir, readdir } from 'node:fs/promises'
import { Failure } from '../../core/errors.ts'
import type { Ledger, Partition, Positions } from '../../core/ports.ts'
import type { Instant } from '../../core/vocabulary.ts'
import { chunksOf, fillWith, type Picture } from '../copies.ts'
import { createFeed } from '../feed.ts'
import { linesOf } from '../lines.ts'
import { positionsOf } from '../positions.ts'
import { createLedgerTime } from '../time.ts'
import { assertCommit, FACTS_PARTITIONS, partitionsOf } from '../writes.ts'
import { createAfar } from './afar.ts'
import { createEmbeddedArchive } from './archive.ts'
import { createCommitter } from './committer.ts'
import { openFilling, putMeta } from './fill.ts'
import { FORMAT, type Head, type Meta } from './format.ts'
import { inspectLogs, type Torn } from './logs.ts'
import { pictureOf } from './picture.ts'
import { notOpen, openScan, type Scan } from './scan.ts'
import { closeStore, openStore, readHeads, readMeta, type Store } from './store.ts'

/** Commits kept for followers: those of one process are told at once, and only one that just loaded may be behind. */
const COMMITS_MAX = 1_000
/** So many entries are worth a thread that reads them. */
const ENTRIES_AFAR_MIN = 500_000

export interface EmbeddedLedgerParts {
  /** Created when absent. */
  readonly folder: string
  readonly clock?: () => Instant
  /** Fixed when the folder is created; an existing one keeps its own. */
  readonly factsPartitions?: number
  /** From how many entries on a thread of its own reads them for `load`. */
  readonly entriesAfarMin?: number
  readonly log?: { warn(words: string): void }
}

/** The ledger in one folder of this machine, with what only a folder can do. All of it works while commits go on. */
export interface EmbeddedLedger extends Ledger {
  /** Every entry as it is now, for who loads at a pace of their own; it must be disposed of. */
  scan(): Promise<Scan>
  /** All of it as it is now, for copies. */
  picture(): Promise<Picture>
  /** Copies one consistent picture into an empty folder. Opened as a ledger, it has the same content and a new epoch. */
  backup(folder: string): Promise<void>
  /** Every entry as JSON lines, each with its line end; a header first and a count last. */
  exportLines(): AsyncGenerator<string>
  /** Gives back the room that overwritten and deleted entries take. */
  compact(): Promise<void>
}

/** Opens the ledger on LevelDB. Throws Failure, with words: held by another process (L6), newer format (L5), damaged (L3). */
export async function openEmbeddedLedger({
  folder,
  clock = Date.now,
  factsPartitions = FACTS_PARTITIONS,
  entriesAfarMin = ENTRIES_AFAR_MIN,
  log = { warn: () => {} },
}: EmbeddedLedgerParts): Promise<EmbeddedLedger> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const torn = await inspectLogs(folder)
  const store = await openStore(folder)
  try {
    const meta = await settleMeta(store, factsPartitions, torn, log)
    const heads = await readHeads(store, partitionsOf(meta.factsPartitions))
    return serve({ store, folder, meta, heads, clock, entriesAfarMin, log })
  } catch (error) {
    await closeStore(store, folder)
    throw error
  }
}

/** What the folder says of itself; made when it is new, and with a new epoch when its history may not be the one it had (L3). */
async function settleMeta(
  store: Store,
  factsPartitions: number,
  torn: readonly Torn[],
  log: { warn(words: string): void },
): Promise<Meta> {
  const found = await readMeta(store)
  for (const { file, bytes } of torn) {
    log.warn(
      `the last write in ${file} was not finished: ${bytes} bytes were dropped. Unless the disk lost them, nobody was told it was stored`,
    )
  }
  if (found?.state === 'whole' && torn.length === 0) return found
  const meta: Meta = {
    format: FORMAT,
    factsPartitions,
    created: new Date().toISOString(),
    ...found,
    epoch: randomUUID(),
    state: 'whole',
  }
  await putMeta(store, meta)
  return meta
}

interface ServeParts extends Required<Pick<EmbeddedLedgerParts, 'folder' | 'clock' | 'entriesAfarMin' | 'log'>> {
  readonly store: Store
  readonly meta: Meta
  readonly heads: Map<Partition, Head>
}

function serve({ store, folder, meta, heads, clock, entriesAfarMin, log }: ServeParts): EmbeddedLedger {
  const feed = createFeed({ positions: new Map(Object.entries(positionsOf(heads))), commitsMax: COMMITS_MAX })
  const afar = createAfar(store.location, [...heads.keys()])
  const committer = createCommitter({ store, folder, heads, feed, beforeClosing: afar.stop, log })
  let closing: Promise<void> | null = null

  async function close(): Promise<void> {
    await committer.close()
    await afar.stop()
    await closeStore(store, folder)
  }

  const scan = (): Promise<Scan> => openScan(store, [...heads.keys()])
  const picture = async (): Promise<Picture> => pictureOf(await scan(), meta)

  return {
    epoch: meta.epoch,
    factsPartitions: meta.factsPartitions,
    async load(visit): Promise<Positions> {
      if (store.status !== 'open') throw notOpen()
      if (entriesOf(heads) >= entriesAfarMin) return afar.load(visit)
      await using now = await scan()
      for await (const chunk of now.chunks) for (const entry of chunk) visit(entry)
      return positionsOf(now.heads)
    },
    async commit(partition, writes, appends = []) {
      assertCommit(heads, partition, writes, appends)
      return committer.commit({ partition, writes, appends })
    },
    archive: createEmbeddedArchive({
      store,
      erase: (erased) => committer.commit({ partition: '', writes: [], appends: [], erased }),
    }),
    follow: feed.follow,
    now: createLedgerTime(clock),
    away: committer.away,
    scan,
    picture,
    async backup(target) {
      await using now = await picture()
      await backupInto(target, now)
    },
    async *exportLines() {
      await using now = await picture()
      yield* linesOf(now)
    },
    compact: () => store.compactRange('', '\u{10ffff}'),
    close: () => (closing ??= close()),
  }
}

async function backupInto(folder: string, picture: Picture): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  if ((await readdir(folder)).length > 0) {
    throw new Failure('invalid', `${folder} is not empty; a backup needs a folder of its own`, { field: 'folder' })
  }
  await fillWith(await openFilling(folder, { header: picture, replace: false, content: null }), chunksOf(picture))
}

const entriesOf = (heads: ReadonlyMap<Partition, Head>): number =>
  [...heads.values()].reduce((sum, { entries }) => sum + entries, 0)
