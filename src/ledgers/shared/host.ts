import type { Commit, Entry, Ledger, Partition, Positions, Version } from '../../core/ports.ts'
import { positionsOf } from '../positions.ts'
import { type Channel, frameOf } from './channel.ts'
import { createStreams } from './streams.ts'
import { BEAT_MS, type Beat, type Hello, machineMs } from './words.ts'

/** A ledger to be shared, with what it may offer beyond its port: a scan at the reader's pace, and copies of itself. */
export type HostedLedger = Ledger & {
  readonly scan?: () => Promise<EntryScan>
  readonly backup?: (folder: string) => Promise<void>
  readonly exportLines?: () => AsyncIterable<string>
}

export interface EntryScan extends AsyncDisposable {
  readonly heads: ReadonlyMap<Partition, { readonly position: Version }>
  readonly chunks: AsyncIterable<readonly Entry[]>
}

export interface LedgerHost {
  /** The process at the other end may open the ledger, from now on. */
  admit(channel: Channel): void
  /** Says nothing more; the ledger stays open. */
  stop(): void
}

/** Lets other processes of this machine use a ledger that this one alone has open. What is committed is encoded once for all of them. */
export async function createLedgerHost(ledger: HostedLedger): Promise<LedgerHost> {
  const channels = new Set<Channel>()
  const positions = new Map(Object.entries(await positionsIn(ledger)))
  let gathered: Commit[] = []
  let stopFollowing = follow()
  const beats = setInterval(() => passOn(frameOf('beat', beat())), BEAT_MS)
  beats.unref()

  function follow(): () => void {
    return ledger.follow(Object.fromEntries(positions), { commit: heard, reload: () => void reload() })
  }

  /** Those that became durable together go together, and before their writers are answered. */
  function heard(commit: Commit): void {
    positions.set(commit.partition, commit.version)
    if (gathered.push(commit) === 1) queueMicrotask(passCommits)
  }

  function passCommits(): void {
    if (gathered.length === 0) return
    const frame = frameOf('commits', gathered)
    gathered = []
    passOn(frame)
  }

  /** Something was committed that was not heard of here: all have to load again. */
  async function reload(): Promise<void> {
    for (const [partition, position] of Object.entries(await positionsIn(ledger))) positions.set(partition, position)
    passOn(frameOf('lost', Object.fromEntries(positions)))
    stopFollowing = follow()
  }

  function passOn(frame: Uint8Array): void {
    for (const channel of channels) channel.pass(frame)
  }

  const beat = (): Beat => ({ now: ledger.now(), at: machineMs(), away: ledger.away() })

  function join(channel: Channel): void {
    passCommits()
    channels.add(channel)
    const { epoch, factsPartitions } = ledger
    const copies = ledger.backup !== undefined
    const hello: Hello = { epoch, factsPartitions, positions: Object.fromEntries(positions), copies, beat: beat() }
    channel.tell('hello', hello)
    channel.flush()
  }

  /** That the ledger cannot store is known to all at once, and not with the next beat. */
  const commit: Ledger['commit'] = async (partition, writes, appends) => {
    try {
      return await ledger.commit(partition, writes, appends)
    } catch (error) {
      passOn(frameOf('beat', beat()))
      throw error
    }
  }

  return {
    admit(channel) {
      const streams = createStreams(ledger)
      channel.onClosed(() => {
        channels.delete(channel)
        streams.stop()
      })
      const { archive } = ledger
      channel.handle({
        join: () => join(channel),
        commit,
        // What it was told before this answer is all there was.
        caughtUp: async (partition: Partition) => {
          await ledger.caughtUp?.(partition)
          passCommits()
        },
        range: archive.range,
        names: archive.names,
        erase: (partition: Partition, series: string, before: number | null) =>
          archive.erase(partition, series, before ?? undefined),
        backup: (folder: string) => ledger.backup?.(folder),
        open: streams.open,
        next: streams.next,
        end: (stream: number) => void streams.end(stream).catch(() => {}),
      })
    },
    stop() {
      clearInterval(beats)
      stopFollowing()
    },
  }
}

/** Where each partition stands, without reading what is in it where that can be had. */
async function positionsIn(ledger: HostedLedger): Promise<Positions> {
  if (ledger.scan === undefined) return ledger.load(() => {})
  await using scan = await ledger.scan()
  return positionsOf(scan.heads)
}
