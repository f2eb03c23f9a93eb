import type { IdSpace } from '../core/accounts.ts'
import { mattermostIds } from '../dialects/mattermost/ids.ts'
import { rocketchatIds } from '../dialects/rocketchat/ids.ts'
import { superofficeIds } from '../dialects/superoffice/ids.ts'

/** The ids that every user gets, one space for each product. */
export const idSpaces: readonly IdSpace[] = [rocketchatIds, mattermostIds, superofficeIds]
