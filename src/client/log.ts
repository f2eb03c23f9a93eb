import type { UserId } from '../core/vocabulary.ts'

/** Changes that are remembered; whoever asks with an older cursor is given everything. */
export const CHANGES_MAX = 10_000

/** In which order users changed, and where in it each cursor is. */
export interface ChangeLog {
  changed(userId: UserId): void
  /** All that was heard until now is told with this cursor. */
  reached(cursor: string): void
  /** Who changed after a cursor, each once; null: not known any more, or never was. */
  since(cursor: string): Set<UserId> | null
  /** No cursor that was given is worth anything. */
  forget(): void
}

export function createChangeLog(): ChangeLog {
  let users: UserId[] = []
  let dropped = 0
  const positions = new Map<string, number>()

  /** The older half goes, and the cursors that point into it. */
  function shorten(): void {
    const half = Math.ceil(users.length / 2)
    users = users.slice(half)
    dropped += half
    for (const [cursor, position] of positions) if (position < dropped) positions.delete(cursor)
  }

  return {
    changed(userId) {
      users.push(userId)
      if (users.length > CHANGES_MAX) shorten()
    },
    reached(cursor) {
      positions.set(cursor, dropped + users.length)
    },
    since(cursor) {
      const position = positions.get(cursor)
      return position === undefined ? null : new Set(users.slice(position - dropped))
    },
    forget: () => positions.clear(),
  }
}
