/** What can go wrong, as a closed list. Dialects translate these; they never invent. */
export const FAILURE_CODES = [
  'invalid',
  'unauthenticated',
  'forbidden',
  'not_found',
  'conflict',
  'too_large',
  'unsupported_media',
  'too_many',
  'disabled',
  'unavailable',
] as const

export type FailureCode = (typeof FAILURE_CODES)[number]

/** The finer reason, for dialects whose own error names it. */
export const FAILURE_REASONS = [
  'malformed',
  'end_in_past',
  'end_not_allowed',
  'nothing_said',
  'note_too_long',
  'notes_not_allowed',
  'invisible_not_allowed',
  'no_such_user',
  'no_such_claim',
  'claim_of_another',
  'no_such_session',
  'no_such_token',
  'no_such_setting',
  'no_such_preset',
  'no_such_webhook',
  'no_such_group',
  'nobody_free',
  'no_such_route',
  'no_history',
  'taken',
  'changed_meanwhile',
  'key_reused',
  'still_running',
  'last_administrator',
  'not_logged_in',
  'wrong_password',
  'deactivated',
  'scope_missing',
  'permission_missing',
  'too_many_requests',
  'too_many_watched',
  'too_many_failed_logins',
  'body_too_large',
  'contended',
  'ledger_away',
  'busy',
] as const

export type FailureReason = (typeof FAILURE_REASONS)[number]

export interface FailureParts {
  readonly reason?: FailureReason
  /** The field or parameter at fault, as the caller named it. */
  readonly field?: string
  /** When trying again may help, in ms from now. */
  readonly retryAfterMs?: number
  readonly cause?: unknown
}

/** The one error that is part of the interface; its message is for people. Anything else thrown is a bug. */
export class Failure extends Error {
  readonly code: FailureCode
  readonly reason: FailureReason | null
  readonly field: string | null
  readonly retryAfterMs: number | null

  constructor(code: FailureCode, message: string, { reason, field, retryAfterMs, cause }: FailureParts = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'Failure'
    this.code = code
    this.reason = reason ?? null
    this.field = field ?? null
    this.retryAfterMs = retryAfterMs ?? null
  }
}
