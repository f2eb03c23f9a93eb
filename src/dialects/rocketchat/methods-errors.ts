import type { Failure, FailureCode, FailureReason } from '../../core/errors.ts'
import { failureOf } from '../../http/errors.ts'
import { type MethodError, methodError } from './ddp.ts'

/** Failures that have words of their own among methods. */
const ERRORS: Partial<Record<FailureReason, MethodError>> = {
  not_logged_in: methodError('error-invalid-user', 'Invalid user'),
  no_such_user: methodError('error-invalid-user', 'Invalid user'),
  notes_not_allowed: methodError('error-not-allowed', 'Not allowed', { method: 'setUserStatus' }),
  invisible_not_allowed: methodError('error-status-not-allowed', 'Invisible status is disabled', { method: 'setUserStatus' }),
  deactivated: methodError('error-user-is-not-activated', 'User is not activated'),
}

const CODES: Record<FailureCode, string | number> = {
  invalid: 400,
  unauthenticated: 403,
  forbidden: 'not-allowed',
  not_found: 404,
  conflict: 409,
  too_large: 413,
  unsupported_media: 415,
  too_many: 'too-many-requests',
  disabled: 501,
  unavailable: 503,
}

/** Anything thrown, as a method or a subscription is refused; a bug of ours is logged, and answered without its message. */
export function methodErrorOf(thrown: unknown, log: BugLog): MethodError {
  const failed = failureOf(thrown)
  if (failed === null) {
    log.error({ err: thrown }, 'a bug of ours')
    return methodError(500, 'Internal server error')
  }
  const known = failed.reason === null ? undefined : ERRORS[failed.reason]
  if (known !== undefined) return known
  return failed.code === 'too_many' ? tooMany(failed) : methodError(CODES[failed.code], failed.message)
}

export interface BugLog {
  error(details: object, message: string): void
}

function tooMany({ retryAfterMs }: Failure): MethodError {
  const timeToReset = retryAfterMs ?? 0
  const seconds = Math.ceil(timeToReset / 1000)
  const reason = `Error, too many requests. Please slow down. You must wait ${seconds} seconds before trying this endpoint again.`
  return methodError('too-many-requests', reason, { timeToReset })
}
