import type { Append } from './ports.ts'
import type { Instant, UserId } from './vocabulary.ts'

/* The audit log, always on: who set whose presence when it was not their own, and who changed what the workspace is. */

/** What may be done that is to be found again. Others add theirs here. */
export const AUDIT_KINDS = [
  'presence.set',
  'history.erased',
  'user.created',
  'user.changed',
  'user.deleted',
  'token.created',
  'token.deleted',
  'settings.changed',
  'permissions.changed',
  'preset.put',
  'preset.deleted',
  'group.created',
  'group.changed',
  'group.deleted',
  'group.members-changed',
  'webhook.created',
  'webhook.changed',
  'webhook.deleted',
  'badge.created',
  'badge.deleted',
  'password-link.created',
] as const
export type AuditKind = (typeof AUDIT_KINDS)[number]

export interface AuditEntry {
  readonly kind: AuditKind
  /** Who did it: the id of a user, or of an application's token; null: whoever runs the machine. */
  readonly by: string | null
  /** Whom it concerns. */
  readonly userId?: UserId
  /** The id of the token, group, preset or webhook that it concerns. */
  readonly target?: string
  /** What it is about, by name; for what changed `{from, to}`. Never a secret, nor the words of a note. */
  readonly details?: Readonly<Record<string, unknown>>
}

/** What is to be appended with the commit of the change itself, so that neither is there without the other. */
export type Audit = (entry: AuditEntry, at: Instant) => readonly Append[]

export interface Audited extends AuditEntry {
  readonly at: Instant
}

/** Which entries: all conditions hold; `from` on and before `to`. */
export interface AuditQuery {
  readonly userId?: UserId
  readonly by?: string
  readonly kind?: AuditKind
  readonly from?: Instant
  readonly to?: Instant
  readonly limit: number
  readonly cursor?: string
}

/** Newest first; a page may have fewer than asked for, and still be followed by another. */
export interface AuditPage {
  readonly entries: readonly Audited[]
  /** Null: there are no more. */
  readonly cursor: string | null
}

/** Throws Failure `forbidden` permission_missing, scope_missing · `invalid` for a cursor that is none · `unavailable`. */
export interface AuditLog {
  page(query: AuditQuery): Promise<AuditPage>
}
