/** Every bound of the archive's readers, with its unit. */

export const DAY_MS = 86_400_000

/** Archived entries read at once. */
export const ENTRIES_AT_ONCE = 200
/** Entries of the audit log looked at for one page; beyond, it is answered with what was found, and a cursor. */
export const AUDIT_LOOKED_AT_MAX = 20_000

/** How long after a start, and then how often, what is too old is taken away, in ms. */
export const SWEEP_FIRST_MS = 60_000
export const SWEEP_MS = 6 * 3_600_000
/** Series looked at before others have their turn. */
export const SERIES_AT_ONCE = 100
