import { createGrouped } from '../core/grouped.ts'
import type { Watch, Watcher } from '../core/service.ts'
import type { Presence, UserId } from '../core/vocabulary.ts'
import { CLOSE, type Connection } from './connection.ts'
import type { Fanout } from './fanout.ts'
import { RING_BYTES_MAX, WAITING_BYTES } from './limits.ts'

/** Users in one chunk; more follow in the next. */
const CHUNK_USERS_MAX = 250

export interface RingParts {
  readonly fanout: Fanout
  /** Starts hearing of everyone, as a stranger does. What is not to be sent is encoded as nothing. */
  readonly watch: (watcher: Watcher) => Watch
  readonly presence: (presence: Presence) => Buffer
  readonly removed: (userId: UserId) => Buffer
  readonly cursor: (cursor: string) => Buffer
  readonly bytesMax?: number
}

/** News of everyone, encoded once for all who read everything: a reader has no outbox, only a position. */
export interface Ring {
  /** From what is told next on; nothing is written before `start`. */
  join(connection: Connection, reader: RingReader): RingPlace
  readonly figures: { readonly readers: number; readonly bytes: number }
}

export interface RingReader {
  /** Left out of what it is sent, as strangers' news may differ from what it may see: it hears of itself elsewhere. */
  readonly self: UserId
  /** A cursor was sent. */
  reached?(cursor: string): void
}

export interface RingPlace {
  start(): void
  leave(): void
}

interface Chunk {
  readonly bytes: Buffer
  /** Where the news of those begin and end who read here themselves: of all others nothing needs to be kept beside the bytes. */
  readonly named: ReadonlyMap<UserId, readonly [from: number, to: number]>
  readonly cursor: string | null
}

/** Chunks that go out together to a reader at a position, while the ring ends there. */
interface Due {
  readonly position: number
  readonly end: number
  readonly chunks: readonly Chunk[]
  readonly bytes: Buffer
}

const NOTHING_DUE: Due = { position: -1, end: -1, chunks: [], bytes: Buffer.alloc(0) }

interface Place extends RingReader {
  readonly pull: () => void
  readonly connection: Connection
  position: number
  /** The reader has not taken what it was sent. */
  waiting: boolean
  /** It is about to be sent what there is. */
  queued: boolean
}

export function createRing({ fanout, watch: start, presence, removed, cursor, bytesMax = RING_BYTES_MAX }: RingParts): Ring {
  const places = new Set<Place>()
  const readers = createGrouped<UserId, Place>()
  let chunks: Chunk[] = []
  let first = 0
  let bytes = 0
  let latest = new Map<UserId, Presence | null>()
  let asked = false
  let watch: Watch | null = null
  let due = NOTHING_DUE

  function note(userId: UserId, told: Presence | null): void {
    latest.set(userId, told)
    ask()
  }

  function ask(when = fanout.early): void {
    if (asked) return
    asked = true
    when(turn)
  }

  /**
   * One chunk a turn, and its readers after it, each a work of its own, so that nobody holds up anybody. Who has not had their
   * turn by then gets this chunk with those before it: nobody waits until all others have been sent theirs.
   */
  function turn(): void {
    asked = false
    if (latest.size === 0 || watch === null || doAllWait()) return
    append(watch)
    for (const place of places) {
      if (place.waiting || place.queued) continue
      place.queued = true
      fanout.next(place.pull)
    }
    if (latest.size > 0) ask(fanout.next)
  }

  /** Then nothing more is put into the ring: of each user only the latest waits outside it. */
  function doAllWait(): boolean {
    for (const { waiting } of places) if (!waiting) return false
    return true
  }

  function append({ cursor: cursorNow }: Watch): void {
    const frames: Buffer[] = []
    const named = new Map<UserId, readonly [number, number]>()
    let end = 0
    for (const [userId, told] of latest) {
      if (frames.length >= CHUNK_USERS_MAX) break
      const frame = told === null ? removed(userId) : presence(told)
      frames.push(frame)
      if (readers.sizeOf(userId) > 0) named.set(userId, [end, end + frame.length])
      end += frame.length
      latest.delete(userId)
    }
    const reached = latest.size === 0 ? cursorNow() : null
    if (reached !== null) frames.push(cursor(reached))
    const chunk = { bytes: Buffer.concat(frames), named, cursor: reached }
    chunks.push(chunk)
    bytes += chunk.bytes.length
    while (bytes > bytesMax && chunks.length > 1) {
      bytes -= chunks.shift()?.bytes.length ?? 0
      first++
    }
  }

  function pull(place: Place): void {
    const { connection } = place
    place.waiting = false
    place.queued = false
    while (places.has(place) && place.position < first + chunks.length) {
      if (place.position < first) {
        leave(place)
        connection.close(CLOSE.slow, 'too slow; come back with your cursor')
        return
      }
      if (connection.waitingBytes() > WAITING_BYTES) {
        place.waiting = true
        connection.onceDrained(place.pull)
        return
      }
      const due = dueFrom(place.position)
      const isNamed = due.chunks.some(({ named }) => named.has(place.self))
      if (due.bytes.length > 0)
        connection.write(isNamed ? due.chunks.flatMap((chunk) => without(chunk, place.self)) : [due.bytes])
      place.position += due.chunks.length
      for (const { cursor: reached } of due.chunks) if (reached !== null) place.reached?.(reached)
    }
    if (latest.size > 0) ask(fanout.next)
  }

  /** The next chunks that go out together; readers at the same place share them. */
  function dueFrom(position: number): Due {
    const end = first + chunks.length
    if (due.position === position && due.end === end) return due
    const next: Chunk[] = []
    let size = 0
    for (const chunk of chunks.slice(position - first)) {
      if (next.length > 0 && size + chunk.bytes.length > WAITING_BYTES) break
      next.push(chunk)
      size += chunk.bytes.length
    }
    const bytes = next.length === 1 && next[0] !== undefined ? next[0].bytes : Buffer.concat(next.map((chunk) => chunk.bytes))
    due = { position, end, chunks: next, bytes }
    return due
  }

  function leave(place: Place): void {
    places.delete(place)
    readers.remove(place.self, place)
    if (places.size > 0) return
    watch?.stop()
    watch = null
    first += chunks.length
    chunks = []
    bytes = 0
    due = NOTHING_DUE
    latest = new Map()
  }

  return {
    join(connection, reader) {
      if (watch === null) {
        watch = start({ told: (told) => note(told.userId, told), gone: (userId) => note(userId, null) })
        watch.everyone(true)
      }
      const place: Place = {
        ...reader,
        connection,
        position: first + chunks.length,
        waiting: true,
        queued: false,
        pull: () => pull(place),
      }
      places.add(place)
      readers.add(place.self, place)
      return { start: () => pull(place), leave: () => leave(place) }
    },
    get figures() {
      return { readers: places.size, bytes }
    },
  }
}

/** A chunk as it is sent to one of those whom it names. */
function without({ bytes, named }: Chunk, userId: UserId): readonly Buffer[] {
  const place = named.get(userId)
  return place === undefined ? [bytes] : [bytes.subarray(0, place[0]), bytes.subarray(place[1])]
}
