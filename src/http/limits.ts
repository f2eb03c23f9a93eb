/** Every bound of the HTTP side, with its unit. */

/** Bytes of a request body, unless a dialect's contract names its own. */
export const BODY_BYTES_MAX = 1_048_576
/** Bytes of all request headers together, the address among them: a thousand ids in a query fit. Node answers 431 beyond. */
export const HEADER_BYTES_MAX = 65_536
/** Characters of one path parameter; a longer one matches no route. */
export const PARAM_LENGTH_MAX = 512
/** How long a client may take to send its headers, in ms; 408 beyond. */
export const HEADERS_MS_MAX = 10_000
/** How long a client may take to send a whole request, in ms; 408 beyond. */
export const REQUEST_MS_MAX = 30_000
/** How often it is looked for clients slower than that, in ms. */
export const SLOW_LOOK_MS = 1_000
/** How long an idle connection is kept, in ms; above the usual 60 s of load balancers. */
export const KEEP_ALIVE_MS = 72_000
/** Callers counted at once by the request limits; the oldest window is dropped beyond. */
export const RATE_KEYS_MAX = 1_000_000
/** Depth of nested JSON that is read; more is malformed. */
export const JSON_DEPTH_MAX = 64
