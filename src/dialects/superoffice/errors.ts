import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Failure } from '../../core/errors.ts'
import { isDecodable } from '../../http/address.ts'
import { HTTP_STATUS } from '../../http/errors.ts'
import { origin } from './address.ts'
import { answer } from './answer.ts'
import { methodsAt } from './calls.ts'
import { hasSession } from './identify.ts'

/** What the services answer when a call was understood and could not be done. */
interface ServiceError {
  readonly Error: true
  readonly ErrorType: string
  readonly ErrorMessage: string
  readonly ErrorSource: string
}

/** What the product's HTTP layer answers by itself. */
interface HttpError {
  readonly Message: string
  readonly MessageDetail?: string
}

const ERROR_SOURCE = 'SuperOffice.Services.Implementation'
const AGENTS = '/api/v1/Agents/'
const INVALID = { Message: 'The request is invalid.' }

/** A failure in the product's form. An Agents call about nobody is no error there: 200 and null. */
export function refuse(failure: Failure | null, request: FastifyRequest, reply: FastifyReply): void {
  const isNull = failure?.code === 'not_found' && request.url.startsWith(AGENTS)
  if (failure?.code === 'unauthenticated' && request.headers.authorization === undefined && !hasSession(request))
    reply.header('www-authenticate', 'Basic realm="Rollcall", charset="UTF-8"')
  if (typeof failure?.retryAfterMs === 'number') reply.header('retry-after', Math.max(1, Math.ceil(failure.retryAfterMs / 1000)))
  reply.code(isNull ? 200 : failure === null ? 500 : HTTP_STATUS[failure.code])
  if (isNull) answer(request, reply, 'anyType', null)
  else answer(request, reply, 'Error', bodyOf(failure))
}

/** Answers what no route serves: an address that is none, nothing there, or not that way. */
export function answerUnknown(request: FastifyRequest, reply: FastifyReply): void {
  const path = request.url.split('?', 1)[0] ?? ''
  const methods = methodsAt(path)
  if (!isDecodable(path)) answer(request, reply.code(400), 'Error', { ...INVALID, MessageDetail: 'The address is malformed.' })
  else if (methods.length === 0 || methods.includes(request.method)) answerNoResource(request, reply)
  else {
    reply.code(405).header('allow', methods.join(', '))
    answer(request, reply, 'Error', { Message: `The requested resource does not support http method '${request.method}'.` })
  }
}

/** An address of the right form that nothing answers, as an id that is no int32. */
export function answerNoResource(request: FastifyRequest, reply: FastifyReply): void {
  answer(request, reply.code(404), 'Error', noResource(request))
}

/** Every body in one place: the product's own 401 and 403 bodies are not published. */
function bodyOf(failure: Failure | null): ServiceError | HttpError {
  switch (failure?.code) {
    case undefined:
      return { Message: 'An error has occurred.' }
    case 'unauthenticated':
      return { Message: 'Authorization has been denied for this request.' }
    case 'invalid':
      return { ...INVALID, MessageDetail: failure.message }
    case 'not_found':
      return serviceError('SoNotFoundException', failure.message)
    case 'forbidden':
      return serviceError('SoSecurityException', failure.message)
    case 'conflict':
    case 'disabled':
    case 'unavailable':
      return serviceError('SoServerException', failure.message)
    case 'too_large':
    case 'unsupported_media':
    case 'too_many':
      return { Message: failure.message }
  }
}

function serviceError(ErrorType: string, ErrorMessage: string): ServiceError {
  return { Error: true, ErrorType, ErrorMessage, ErrorSource: ERROR_SOURCE }
}

function noResource(request: FastifyRequest): HttpError {
  return { Message: `No HTTP resource was found that matches the request URI '${origin(request)}${request.originalUrl}'.` }
}
