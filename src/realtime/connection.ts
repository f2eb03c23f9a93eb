import type { IncomingHttpHeaders } from 'node:http'
import type { Principal } from '../core/principal.ts'
import type { Services } from '../core/service.ts'
import type { Fanout } from './fanout.ts'
import type { CutReason } from './members.ts'

/** One live socket, WebSocket or stream, as dialects and outboxes see it. */
export interface Connection {
  /** Random, of 26 characters. */
  readonly id: string
  /** Of the peer, as far as proxies are trusted. */
  readonly address: string
  /** One text message. */
  send(text: string): void
  /** Ready-made frames (`Connection.frame`), shared with others, in one write. */
  write(frames: readonly Buffer[]): void
  /** What `write` takes, of one text message. */
  readonly frame: (text: string) => Buffer
  /**
   * From here on it is this principal's, and nobody else's: the time for saying so is over, and it is told when the token ends.
   * False: it is closed, as that one has too many already.
   */
  identified(principal: Principal): boolean
  /** Says goodbye to the peer, and forgets it if it does not answer. */
  close(code: number, reason?: string): void
  /** Without a word. */
  terminate(): void
  /** Bytes that the peer has not taken yet. */
  waitingBytes(): number
  /** Calls once, when all that waits is taken; at once when nothing waits. */
  onceDrained(listener: () => void): void
  isOpen(): boolean
}

/** Who ended a connection. `code` is null when there was no close frame: it was cut. */
export type EndedBy = 'client' | 'server'

/** What a dialect does with one socket. Nothing is called after `closed`. What it throws closes the socket with 1011. */
export interface SocketHandlers {
  message(payload: Buffer, isBinary: boolean): void
  /** `code` 1005: a close frame that names none. Null: cut. */
  closed(code: number | null, by: EndedBy): void
  /** What is said before the server closes the socket; null: nothing. */
  farewell?(code: number, reason: string): string | null
  ponged?(): void
  /** The token that it was identified with is no more, or its user; absent: closed with 1008. */
  ended?(): void
  /** It did not say who it is in time; absent: terminated. */
  late?(): void
}

export interface UpgradeRequest {
  readonly headers: IncomingHttpHeaders
  /** As it came, with the query. */
  readonly url: string
  readonly path: string
  readonly query: URLSearchParams
  readonly address: string
  /** The page's origin; undefined: it was no browser. */
  readonly origin: string | undefined
  /** The page is of another host, and not of one that the workspace allows: its cookies are not its word. */
  readonly foreign: boolean
}

/** An answer in plain HTTP instead of a socket. */
export interface Refusal {
  readonly status: number
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Where sockets of one kind are taken. */
export interface SocketRoute {
  /** Whether it serves this path (without the query). */
  matches(path: string): boolean
  /** Bytes of one message; a longer one closes the socket with 1009. */
  readonly messageBytesMax: number
  /** Subprotocols, the first that the client offers too is chosen; absent: the client's first. */
  readonly protocols?: readonly string[]
  /** How long a socket may take to say who it is, in ms; null: it need not; absent: IDENTIFY_MS_MAX. */
  readonly identifyMsMax?: number | null
  /** Asked before there is a socket; null or absent: it is welcome. */
  refuse?(request: UpgradeRequest): Refusal | null
  /** Called once the socket is open; it may write at once. */
  accept(request: UpgradeRequest, connection: Connection): SocketHandlers
}

export interface SocketParts {
  readonly services: Services
  readonly fanout: Fanout
  /** Sockets open now, of all kinds. */
  readonly openSockets: () => number
  /** For bugs of ours that are answered, not thrown. */
  readonly log: { error(details: object, message: string): void }
}

/** A dialect that also speaks over sockets, beside what it serves over HTTP. */
export interface SocketDialect {
  readonly name: string
  sockets(parts: SocketParts): readonly SocketRoute[]
}

/** Close codes and who should come back: all but `goodbye` may be resumed. */
export const CLOSE = {
  goodbye: 1000,
  goingAway: 1001,
  unsupported: 1003,
  policy: 1008,
  tooBig: 1009,
  bug: 1011,
  slow: 1013,
  full: 1013,
} as const

/** What a close code of the server's stands for. */
export const cutReasonOf = (code: number): CutReason => CUT_REASONS[code] ?? 'other'

const CUT_REASONS: Readonly<Record<number, CutReason>> = {
  [CLOSE.goingAway]: 'going_away',
  [CLOSE.policy]: 'policy',
  [CLOSE.bug]: 'bug',
  [CLOSE.slow]: 'slow',
}

/** Whether a client meant to leave: its session ends at once, and lives through the grace otherwise (T7). */
export const isGoodbye = (code: number | null, by: EndedBy): boolean => by === 'client' && (code === 1000 || code === 1005)
