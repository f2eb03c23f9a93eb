import type { FastifyReply, FastifyRequest } from 'fastify'

/** What may stand in a log, and come back in a header: of 1 to 128 characters. */
const SANE = /^[\w.:/+=@-]{1,128}$/

/** Answers with the request's own X-Request-Id, if it has one that is fit to be written down. */
export function echoRequestId({ headers }: FastifyRequest, reply: FastifyReply): void {
  const given = headers['x-request-id']
  if (typeof given === 'string' && SANE.test(given)) reply.header('X-Request-Id', given)
}

/** The id under which this request is logged. It is in the answer too, so that whoever asks can name it. */
export function requestIdOf(reply: FastifyReply, newId: () => string): string {
  const known = reply.getHeader('x-request-id')
  if (typeof known === 'string') return known
  const made = newId()
  reply.header('X-Request-Id', made)
  return made
}
