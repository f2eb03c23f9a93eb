import type { Append, Version, Write } from './ports.ts'

/** For parts that keep keys of their own in the directory's partition: one replica applies its commits, once and in order. */
export interface DirectoryKeys {
  /** Gives every key `KIND/NAME` to its holder, while loading and then with each commit, own ones too. */
  hold(kind: string, holder: KeyHolder): void
  /**
   * Commits what `plan` makes of what is in memory, and answers once it is applied here too. Refused because another
   * node was faster, it catches up and plans anew. No writes: nothing is committed. Throws Failure `unavailable`.
   */
  change<Answer>(plan: () => Plan<Answer>): Promise<Answer>
}

/** Takes the value of a key by its name, without the kind; null: it is deleted. `told`: not while loading. */
export type KeyHolder = (name: string, value: Uint8Array | null, version: Version, told: boolean) => void

export interface Plan<Answer> {
  readonly writes: readonly Write[]
  /** For the archive. */
  readonly appends?: readonly Append[]
  readonly answer: Answer
}
