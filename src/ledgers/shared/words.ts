import type { Commit, Partition, Version } from '../../core/ports.ts'
import type { Instant } from '../../core/vocabulary.ts'

/** How often the process with the ledger says that it is there, in ms. */
export const BEAT_MS = 1_000

/** Entries or lines that go at once; while they are worked on, the next are asked for. */
export const CHUNK_ITEMS = 1_000

/** The first that is told to whoever joins; the commits told after it follow on its positions. */
export interface Hello {
  readonly epoch: string
  readonly factsPartitions: number
  readonly positions: Readonly<Record<Partition, Version>>
  /** Whether copies of it can be taken while it is used. */
  readonly copies: boolean
  readonly beat: Beat
}

export interface Beat {
  /** Ledger time. */
  readonly now: Instant
  /** This machine's monotonic clock then, in ms. */
  readonly at: number
  /** Why commits would fail. */
  readonly away: string | null
}

/** Which items can be had in chunks. */
export type Stream = 'entries' | 'lines'

export type Commits = readonly Commit[]

/** This machine's monotonic clock, in ms: the same for all its processes, which `performance.now()` is not. */
export const machineMs = (): number => Number(process.hrtime.bigint()) / 1e6
