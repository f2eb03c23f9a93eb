import type { Instant, UserId } from './vocabulary.ts'

/** `directory`, or `facts/N` for the users whose id hashes to N. */
export type Partition = string

/** Position of the commit that wrote a key, in its partition. 0: the key is absent. */
export type Version = number

/** One position per partition: how far a reader has come. */
export type Positions = Readonly<Record<Partition, Version>>

export interface Entry {
  readonly partition: Partition
  readonly key: string
  readonly value: Uint8Array
  readonly version: Version
}

export interface Write {
  readonly key: string
  /** Null deletes the key. */
  readonly value: Uint8Array | null
  /** The version it must have now; 0: it must be absent. */
  readonly expects: Version
}

/** One commit as followers see it: `version` is its position and the version of every key it wrote. */
export interface Commit {
  readonly partition: Partition
  readonly version: Version
  readonly writes: readonly { readonly key: string; readonly value: Uint8Array | null }[]
}

/** What is archived with a commit: one entry of a series, like `history/ann` or `audit`. It is never loaded nor followed. */
export interface Append {
  readonly series: string
  /** Orders it within its series. */
  readonly at: Instant
  readonly value: Uint8Array
}

export type CommitAnswer =
  | { readonly committed: true; readonly version: Version }
  | { readonly committed: false; readonly conflicts: readonly { readonly key: string; readonly version: Version }[] }

export interface Follower {
  commit(commit: Commit): void
  /** A gap: what was held in memory must be loaded again. */
  reload(): void
}

/**
 * The shared and durable truth: an ordered, versioned key-value log in partitions.
 *
 * L1 a commit wins only from the expected versions · L2 versions and positions only grow, also over delete and recreate ·
 * L3 what was acknowledged survives kill -9, a torn tail is detected and told · L4 every commit reaches every follower once
 * and in order, or the follower is told to reload · L5 a newer format refuses to open, with words · L6 two processes
 * cannot open one embedded ledger at once.
 */
export interface Ledger {
  /** Identity of the data: made with it; changed by restore, import into a used ledger or a detected rollback. */
  readonly epoch: string
  /** How many `facts/N` partitions there are; fixed at creation. */
  readonly factsPartitions: number
  /** Visits every key, those of the `directory` partition first, then answers the positions reached. */
  load(visit: (entry: Entry) => void): Promise<Positions>
  /**
   * All or nothing within one partition, with what is appended to the partition's archive (without a write, too); resolves once
   * durable. Throws Failure `unavailable` when it cannot tell or store.
   */
  commit(partition: Partition, writes: readonly Write[], appends?: readonly Append[]): Promise<CommitAnswer>
  readonly archive: Archive
  /** Every commit after the positions, own ones too. Answers how to stop. */
  follow(after: Positions, follower: Follower): () => void
  /**
   * Resolves once everything that was committed to the partition before the call has been told to followers here; throws Failure
   * `unavailable` when that cannot be known. Absent: nobody else commits.
   */
  caughtUp?(partition: Partition): Promise<void>
  /** Ledger time: never steps back. */
  now(): Instant
  /** Why writes would fail now; null: they would not. */
  away(): string | null
  /** Since when others may have committed what is not known here; null: all is known. Absent: there are no others. */
  staleSince?(): Instant | null
  /** What nodes of several versions agree on by. Absent: one version at a time has it open. */
  readonly format?: StoreFormat
  close(): Promise<void>
}

/** The form in which all that is kept is written. It is only ever raised, and then older versions refuse the store (L5). */
export interface StoreFormat {
  /** The newest that this version reads. */
  readonly reads: number
  /** Throws Failure `unavailable`. */
  raise(to: number): Promise<void>
}

export interface Archived {
  /** Its place in the order of its series, as text that sorts: by `at`, then by version, then as appended. */
  readonly place: string
  readonly at: Instant
  readonly value: Uint8Array
  /** Of the commit that it came with. */
  readonly version: Version
}

/** Which entries of a series, in which order; at most `limit`. */
export interface ArchiveRange {
  readonly order: 'oldest-first' | 'newest-first'
  /** From this instant on. */
  readonly from?: Instant
  /** Before this instant. */
  readonly to?: Instant
  /** Those that come after this place, in the order asked for. */
  readonly after?: string
  readonly limit: number
}

/**
 * What grows with time, in series of one partition each; only read when somebody asks. Entries come into it by `commit` alone.
 *
 * L7 an append is there exactly when its commit is · L8 a range is complete and in order, and what is erased is gone for good ·
 * L9 it is part of backups and exports. All throw Failure `unavailable` when the ledger cannot tell or store.
 */
export interface Archive {
  range(partition: Partition, series: string, range: ArchiveRange): Promise<readonly Archived[]>
  /** Names of series that have entries, in the order of their bytes; those after a name. */
  names(partition: Partition, page: { readonly after?: string; readonly limit: number }): Promise<readonly string[]>
  /** Takes away the entries of a series before an instant, or all of them; resolves once they are gone. */
  erase(partition: Partition, series: string, before?: Instant): Promise<void>
}

/** What presence must know of users; the directory answers it from memory. A slot is a small dense integer. */
export interface Subjects {
  /** -1: no such user. */
  slotOf(userId: UserId): number
  /** Null: the slot is free. */
  idAt(slot: number): UserId | null
  createdAt(slot: number): Instant
  isBot(slot: number): boolean
  isDeactivated(slot: number): boolean
  /** Holds the admin role: only administrators may set their presence. */
  isAdministrator(slot: number): boolean
  /** Of the last change of who this user is. */
  versionAt(slot: number): Version
  /** Of the last commit by which anybody ceased to be a user; 0: none did. */
  readonly lastRemoval: Version
  /** One more than the highest slot in use. */
  readonly slots: number
  /** Told after each change of who is a user, or of the four answers above. `gone` names a user that was deleted. */
  onChange(
    listener: (change: {
      readonly slot: number
      readonly userId: UserId
      readonly gone: boolean
      readonly version: Version
    }) => void,
  ): void
}

/** Which of the facts partitions holds a user's record: FNV-1a over the id's UTF-16 units. */
export function factsPartition(userId: UserId, factsPartitions: number): Partition {
  let hash = 0x811c9dc5
  for (let i = 0; i < userId.length; i++) hash = Math.imul(hash ^ userId.charCodeAt(i), 0x01000193)
  return `facts/${(hash >>> 0) % factsPartitions}`
}
