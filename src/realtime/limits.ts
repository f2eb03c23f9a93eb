/** Every bound of what travels, with its unit. */

/** Open sockets of one process, streams among them; beyond, 503 with Retry-After. */
export const CONNECTIONS_MAX = 100_000
/** Connections of one person; the next is closed with CLOSE.full, a stream refused. */
export const SOCKETS_PER_USER_MAX = 200
/** Connections with one token that speaks for itself: whoever reads a page, or a whole application, shares it. */
export const SOCKETS_PER_TOKEN_MAX = 20_000
/** Sockets that have not said who they are; beyond, 503 with Retry-After. */
export const STRANGERS_MAX = 10_000
/** When the event loop is later than this several times on end, in ms, nobody new is let in. */
export const LATE_MS_MAX = 250
/** Who is turned away is asked to come back after 1 s and up to this many more, spread by chance: well within the grace (Q11). */
export const RETRY_SPREAD_SECONDS_MAX = 4
/** Bytes that may wait for one reader before nothing more is handed to it; what changes meanwhile waits in its outbox. */
export const WAITING_BYTES = 65_536
/** Bytes that may wait for one reader at all; beyond, it is cut. */
export const WAITING_BYTES_MAX = 4_194_304
/** How long a reader may leave what waits for it untaken, in ms; then it is cut. */
export const UNTAKEN_MS_MAX = 20_000
/** How long a socket may take to say who it is, in ms, unless its route says otherwise. */
export const IDENTIFY_MS_MAX = 10_000
/** How long a peer may take to answer a close, in ms; then the socket is destroyed. */
export const CLOSE_MS_MAX = 2_000
/** After this long without a word, in ms, a peer is pinged; it is dead after SILENT_MS_MAX. */
export const PING_AFTER_MS = 60_000
export const SILENT_MS_MAX = 100_000
/** Messages of one socket in a second; a socket that sends more is read later. */
export const MESSAGES_PER_SECOND_MAX = 500
/** How long presences are gathered before they are sent, in ms. */
export const COALESCE_MS = 25
/** How long they are gathered while many more are about to be told, in ms: each reader would be sent one at a time else. */
export const GATHERED_MS_MAX = 150
/** Users that may wait in one outbox; beyond, its reader is cut. */
export const OUTBOX_USERS_MAX = 10_000
/** No round of sending holds the event loop for longer, in ms. */
export const SLICE_MS = 5
/** Bytes of news kept for readers of everyone who lag behind; a reader further behind is cut. */
export const RING_BYTES_MAX = 16_777_216
/** How often a stream without news says that it lives, in ms. */
export const STREAM_BEAT_MS = 15_000
