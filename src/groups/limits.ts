/** Every bound of groups, with its unit. */

export const GROUPS_MAX = 10_000
export const GROUP_MEMBERS_MAX = 100_000
/** Groups that one user is in. */
export const GROUPS_OF_USER_MAX = 100
/** Characters of a group's name. */
export const GROUP_NAME_LENGTH_MAX = 100
/** Users that one change adds and removes. */
export const MEMBERS_CHANGED_MAX = 1_000
/** Users whose memberships are written again in one commit behind what was answered. */
export const SETTLED_USERS_MAX = 500
/** How long what could not be written waits for the next attempt, in ms. */
export const SETTLE_AGAIN_MS = 1_000
/** How long what waits is still written when the server ends, in ms. */
export const CLOSE_MS_MAX = 1_000
/** How long the members of all groups are taken up in one piece at the start, in ms. */
export const SLICE_MS = 5
