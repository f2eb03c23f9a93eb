import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Failure, FailureCode, FailureReason } from '../../core/errors.ts'
import { HTTP_STATUS } from '../../http/errors.ts'

/** RFC 9457. `type` is stable: programs may compare it; `detail` is for people. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  /** The field or parameter at fault, as the caller named it. */
  readonly field?: string
}

const TITLES: Record<FailureCode, string> = {
  invalid: 'The request is not right',
  unauthenticated: 'Who asks is not known',
  forbidden: 'This is not allowed',
  not_found: 'Not found',
  conflict: 'This conflicts with what there is',
  too_large: 'The request is too large',
  unsupported_media: 'The content type is not understood',
  too_many: 'Too many requests',
  disabled: 'This is switched off',
  unavailable: 'Not available now',
}

/** Where HTTP has a finer word than the failure's own. */
const FINER_STATUS: Partial<Record<FailureReason, number>> = { changed_meanwhile: 412, key_reused: 422 }

export function problemOf(failure: Failure): Problem {
  return {
    type: problemType(failure.reason ?? failure.code),
    title: TITLES[failure.code],
    status: (failure.reason !== null && FINER_STATUS[failure.reason]) || HTTP_STATUS[failure.code],
    detail: failure.message,
    ...(failure.field !== null && { field: failure.field }),
  }
}

export const METHOD_PROBLEM = {
  type: problemType('method_not_allowed'),
  title: 'Not a method of this address',
  status: 405,
} as const

/** A bug of ours, without its message. */
export const BUG: Problem = {
  type: problemType('internal'),
  title: 'Something is wrong here',
  status: 500,
  detail: 'The server failed to answer this. Its log says more.',
}

/** `manners.refuse` of this dialect. */
export function refuse(failure: Failure | null, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (failure === null) return sendProblem(reply, BUG)
  if (failure.code === 'unauthenticated') {
    const error = request.headers.authorization === undefined ? '' : ', error="invalid_token"'
    reply.header('WWW-Authenticate', `Bearer realm="rollcall"${error}`)
  }
  if (failure.retryAfterMs !== null) reply.header('Retry-After', Math.max(1, Math.ceil(failure.retryAfterMs / 1000)))
  return sendProblem(reply, problemOf(failure))
}

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  return reply.code(problem.status).header('Content-Type', 'application/problem+json').send(JSON.stringify(problem))
}

function problemType(word: string): string {
  return `urn:rollcall:problem:${word.replaceAll('_', '-')}`
}
