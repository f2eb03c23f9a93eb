import { AUDIT_KINDS } from '../core/audit.ts'
import { ROLES, SCOPES } from '../core/principal.ts'
import { ACTIVITIES, AVAILABILITIES } from '../core/vocabulary.ts'

/** The service's closed lists, for pages that let people choose from them; apart from `client.ts`, which needs none of them. */
export const CHOICES = {
  availabilities: AVAILABILITIES,
  activities: ACTIVITIES,
  roles: ROLES,
  scopes: SCOPES,
  auditKinds: AUDIT_KINDS,
} as const
