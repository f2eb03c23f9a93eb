/** Every bound of the directory, with its unit. */

export const USERNAME_LENGTH_MAX = 100
export const NAME_LENGTH_MAX = 255
export const EMAIL_LENGTH_MAX = 254
export const AVATAR_ETAG_LENGTH_MAX = 100
export const PASSWORD_BYTES_MAX = 1_024
/** What hashes made elsewhere may cost; one costs about a second at most. Dearer ones are refused. */
export const BCRYPT_COST_MAX = 14
export const PBKDF2_PASSES_MAX = 2_000_000
export const PBKDF2_KEY_BYTES_MAX = 64
/** How long somebody may take to set a first password by a link, in ms. */
export const PASSWORD_LINK_MS = 7 * 24 * 3_600_000

/** Tokens of one user, of any kind; beyond, the oldest login token ends, and other kinds are refused. */
export const TOKENS_MAX = 1_000
export const TOKEN_NAME_LENGTH_MAX = 200
export const TOKEN_LENGTH_MIN = 22
export const TOKEN_LENGTH_MAX = 256
/** Users or origins that one token may be limited to. */
export const TOKEN_LIMITS_MAX = 1_000
export const LOGIN_TOKEN_MS = 90 * 24 * 3_600_000
/** How long uses of tokens are gathered before they are written, in ms. */
export const USE_FLUSH_MS = 15_000

/** How long a verified Basic pair is believed, in ms, and how many are. */
export const REMEMBERED_MS = 5 * 60_000
export const REMEMBERED_MAX = 10_000
/** Characters of what is remembered as it came; of longer ones a digest. */
export const SAID_LENGTH_MAX = 512

export const PRESET_LENGTH_MAX = 100
export const PRESETS_MAX = 500
export const PREFERENCE_NAME_LENGTH_MAX = 200
export const PREFERENCE_VALUE_LENGTH_MAX = 32_768
export const PREFERENCES_MAX = 1_000

/** Changes of users that go as one commit. */
export const BATCH_MAX = 256
