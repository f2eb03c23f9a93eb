/** Every bound of webhooks, with its unit. */

export const WEBHOOKS_MAX = 100
export const URL_LENGTH_MAX = 2_048
export const NAME_LENGTH_MAX = 200
/** Users that one webhook may name. */
export const FILTER_USERS_MAX = 1_000
export const FILTER_GROUPS_MAX = 100

/** Bytes of chance in a secret. */
export const SECRET_BYTES = 32
/** How long the old secret may sign beside the new one, in ms. */
export const KEEP_OLD_MS_MAX = 7 * 86_400_000

export interface DeliveryLimits {
  /** How long the first change waits for others, in ms. */
  readonly coalesceMs: number
  /** Users of one message. */
  readonly batchUsersMax: number
  /** Users that wait for one webhook in memory; beyond, what changed is read again from its cursor. */
  readonly waitingUsersMax: number
  /** How long a receiver may take, from the look-up of its name to the end of its answer, in ms. */
  readonly answerMsMax: number
  /** Requests in flight, for all webhooks together. */
  readonly requestsMax: number
  /** The wait before each further try, in ms; chance makes each up to a third shorter. One more try than there are waits. */
  readonly retryMs: readonly number[]
  /** The longest wait that a receiver may ask for by `Retry-After`, in ms. */
  readonly retryAfterMsMax: number
  /** A webhook that took nothing for so long, in ms, is switched off with the next message that is given up. */
  readonly failingMsMax: number
  /** Dead letters of one webhook; the oldest are dropped beyond. */
  readonly deadMax: number
  /** Requests of one webhook that are remembered. */
  readonly recentMax: number
  /** How often the cursor of a webhook with nothing to tell is written, in ms. */
  readonly cursorMs: number
  /** How often a node that does not deliver looks whether it should, in ms. */
  readonly dutyLookMs: number
}

const [SECOND, MINUTE, HOUR] = [1_000, 60_000, 3_600_000]

export const DELIVERY_LIMITS: DeliveryLimits = {
  coalesceMs: 100,
  batchUsersMax: 100,
  waitingUsersMax: 10_000,
  answerMsMax: 15 * SECOND,
  requestsMax: 16,
  retryMs: [SECOND, 5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR],
  retryAfterMsMax: HOUR,
  failingMsMax: 5 * 24 * HOUR,
  deadMax: 100,
  recentMax: 50,
  cursorMs: MINUTE,
  dutyLookMs: 5 * SECOND,
}

/** Redirects that one request follows. */
export const REDIRECTS_MAX = 3
/** Bytes of an answer's body that are read, and thrown away, before it is hung up. */
export const ANSWER_BYTES_MAX = 65_536
