import type { GroupId } from '../../core/groups.ts'
import type { Presence, UserId } from '../../core/vocabulary.ts'
import { createShared } from '../../realtime/shared.ts'
import { frameText, textToKeep } from '../../realtime/wire.ts'
import { presenceOut } from './translate.ts'

/** What a watcher is told, as frames that all of its kind share. */
export interface Voice {
  presence(presence: Presence): Buffer
  removed(userId: UserId): Buffer
  /** Everything up to here has been told. */
  cursor(cursor: string): Buffer
  /**
   * What follows until the next cursor is all there is of everyone, or of these users; `unknown` are words for nobody, `named`
   * says whom the words mean that are not ids.
   */
  snapshot(of: SnapshotOf): Buffer
  /** The cursor that was given is of another epoch: what was held is worth nothing, a snapshot follows. */
  reset(): Buffer
}

export type SnapshotOf =
  | { readonly everyone: true }
  | {
      readonly users: readonly UserId[]
      readonly unknown: readonly string[]
      readonly named?: Named
      /** They are all who are in these. */
      readonly groups?: readonly GroupId[]
    }

export type Named = Readonly<Record<string, UserId>>

/** JSON messages of the socket. */
export function socketVoice(): Voice {
  const message = (fields: object): Buffer => frameText(JSON.stringify(fields))
  return {
    presence: createShared((presence) => frameText(`{"type":"presence","presence":${textOf(presence)}}`)),
    removed: (userId) => message({ type: 'removed', userId }),
    cursor: remembered((cursor) => message({ type: 'cursor', cursor })),
    snapshot: (of) => message({ type: 'snapshot', ...of }),
    reset: () => message({ type: 'reset', reason: 'epoch' }),
  }
}

/** Server-sent events; the cursor is their id. */
export function streamVoice(): Voice {
  return {
    presence: createShared((presence) => eventOf('presence', textOf(presence))),
    removed: (userId) => eventOf('removed', JSON.stringify({ userId })),
    cursor: remembered((cursor) => Buffer.from(`id: ${cursor}\nevent: cursor\ndata: ${JSON.stringify({ cursor })}\n\n`)),
    snapshot: (of) => eventOf('snapshot', JSON.stringify(of)),
    reset: () => eventOf('reset', JSON.stringify({ reason: 'epoch' })),
  }
}

/** Not kept, nor tagged: what is told is seldom asked for, and the frame is kept for all who are told it. */
const textOf = (presence: Presence): string => JSON.stringify(presenceOut(presence))

/** A server-sent event; the text has no line ends. */
export const eventOf = (name: string, text: string): Buffer => textToKeep(`event: ${name}\ndata: ${text}\n\n`)

/** The same cursor goes to many at once. */
function remembered(encode: (cursor: string) => Buffer): (cursor: string) => Buffer {
  let last: { readonly cursor: string; readonly frame: Buffer } | null = null
  return (cursor) => {
    if (last?.cursor !== cursor) last = { cursor, frame: encode(cursor) }
    return last.frame
  }
}
