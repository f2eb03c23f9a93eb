import type { FastifyError } from 'fastify'
import { Failure, type FailureCode } from '../core/errors.ts'

export const HTTP_STATUS = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  unsupported_media: 415,
  too_many: 429,
  disabled: 501,
  unavailable: 503,
} as const satisfies Record<FailureCode, number>

/** What a thrown thing means to the caller; null: a bug of ours, whose message is nobody's business. */
export function failureOf(error: unknown): Failure | null {
  if (error instanceof Failure) return error
  if (!isFrameworkError(error)) return null
  if (error.validation) return new Failure('invalid', error.message, { reason: 'malformed', cause: error })
  switch (error.statusCode ?? 500) {
    case 413:
      return new Failure('too_large', 'The request body is too large.', { reason: 'body_too_large', cause: error })
    case 415:
      return new Failure('unsupported_media', 'This content type is not understood here.', { cause: error })
    case 404:
      return new Failure('not_found', 'There is nothing at this address.', { reason: 'no_such_route', cause: error })
    default:
      return error.statusCode !== undefined && error.statusCode < 500
        ? new Failure('invalid', error.message, { reason: 'malformed', cause: error })
        : null
  }
}

function isFrameworkError(error: unknown): error is FastifyError {
  return error instanceof Error && ('statusCode' in error || 'validation' in error)
}
