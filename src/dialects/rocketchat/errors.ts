import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Failure, FailureReason } from '../../core/errors.ts'
import { answer, failure, forbidden, prepare, type Refusal, refusal } from './answers.ts'

const NOT_LOGGED_IN = 'You must be logged in to do this.'
const PERMISSION_MISSING = 'User does not have the permissions required for this action [error-unauthorized]'
const METHOD = { method: 'users.setStatus' }

/** Failures that have words of their own in the product. */
const REFUSALS: Partial<Record<FailureReason, Refusal>> = {
  notes_not_allowed: { code: 'error-not-allowed', reason: 'Change status is not allowed', details: METHOD },
  invisible_not_allowed: { code: 'error-status-not-allowed', reason: 'Invisible status is disabled', details: METHOD },
  end_in_past: { code: 'error-invalid-date', reason: 'expiresAt must be a future date', details: METHOD },
  last_administrator: {
    code: 'error-action-not-allowed',
    reason: 'Leaving the app without an active admin is not allowed',
    details: { method: 'removeUserFromRole', action: 'Remove_last_admin' },
  },
}

/** A failure in the product's form; null, a bug of ours, without its message. */
export function refuse(failed: Failure | null, _request: FastifyRequest, reply: FastifyReply, error: unknown): string {
  prepare(reply)
  if (failed === null) return answer(reply, 500, { success: false, error: 'Internal server error' })
  const known = failed.reason === null ? undefined : REFUSALS[failed.reason]
  if (known !== undefined) return refusal(reply, known)
  switch (failed.code) {
    case 'invalid':
      return refuseInvalid(failed, reply, error)
    case 'unauthenticated':
      return refuseUnauthenticated(reply)
    case 'forbidden':
      return refuseForbidden(failed, reply)
    case 'not_found':
      return failed.reason === 'no_such_user'
        ? unknownUser(reply)
        : answer(reply, 404, { success: false, error: 'Resource not found' })
    case 'conflict':
      return refuseConflict(failed, reply)
    case 'too_large':
      return answer(reply, 413, { success: false, error: 'Request Entity Too Large' })
    case 'unsupported_media':
      return answer(reply, 415, { success: false, error: 'Unsupported Media Type' })
    case 'too_many':
      return refuseTooMany(failed, reply)
    case 'disabled':
      return failure(reply, failed.message)
    case 'unavailable':
      retryAfter(failed, reply)
      return answer(reply, 503, { success: false, error: 'Service Unavailable' })
  }
}

/** Also for a method that an endpoint does not have: the product does not tell the two apart. */
export function answerUnknown(request: FastifyRequest, reply: FastifyReply): void {
  prepare(reply)
  if (request.method === 'OPTIONS') void reply.header('content-type', 'text/plain').code(200).send('OK')
  else void reply.send(answer(reply, 404, { success: false, error: 'Resource not found' }))
}

export function unknownUser(reply: FastifyReply): string {
  const reason = 'The required "userId" or "username" param provided does not match any users'
  return refusal(reply, { code: 'error-invalid-user', reason })
}

/** A schema's own words, without a code: queries and bodies differ only in the type of the error. */
function refuseInvalid(failed: Failure, reply: FastifyReply, error: unknown): string {
  if (isValidation(error)) {
    const errorType = error.validationContext === 'body' ? 'invalid-params' : 'error-invalid-params'
    return answer(reply, 400, { success: false, errorType, error: error.validation.map(({ message }) => message).join('\n ') })
  }
  return failure(reply, failed.message)
}

/** One body for clients that read `error` and for those that read `status` and `message`. */
function refuseUnauthenticated(reply: FastifyReply): string {
  return answer(reply, 401, { success: false, error: NOT_LOGGED_IN, status: 'error', message: NOT_LOGGED_IN })
}

function refuseForbidden(failed: Failure, reply: FastifyReply): string {
  return failed.reason === 'permission_missing'
    ? answer(reply, 403, { success: false, error: PERMISSION_MISSING })
    : forbidden(reply)
}

function refuseConflict(failed: Failure, reply: FastifyReply): string {
  const field = failed.field ?? 'username'
  return refusal(reply, {
    code: 'error-field-unavailable',
    reason: `${field} is already in use :(`,
    details: { method: 'insertOrUpdateUser', field },
  })
}

function refuseTooMany(failed: Failure, reply: FastifyReply): string {
  retryAfter(failed, reply)
  const seconds = Math.ceil((failed.retryAfterMs ?? 0) / 1000)
  const error = `Error, too many requests. Please slow down. You must wait ${seconds} seconds before trying this endpoint again. [error-too-many-requests]`
  return answer(reply, 429, { success: false, error })
}

function retryAfter({ retryAfterMs }: Failure, reply: FastifyReply): void {
  if (retryAfterMs !== null) reply.header('retry-after', Math.ceil(retryAfterMs / 1000))
}

interface Validation {
  readonly validation: readonly { readonly message?: string }[]
  readonly validationContext?: string
}

const isValidation = (error: unknown): error is Validation =>
  error instanceof Error && 'validation' in error && Array.isArray(error.validation)
