import type { FastifyReply } from 'fastify'

/** The product names no charset; its own clients and tests compare the type as text. */
const CONTENT_TYPE = 'application/json'

/** The headers of every answer. Strings are sent as they are from then on. */
export function prepare(reply: FastifyReply): void {
  reply.header('content-type', CONTENT_TYPE)
  reply.header('cache-control', 'no-store')
  reply.header('pragma', 'no-cache')
  reply.serializer(asItIs)
}

/** A successful answer: the word `success` comes last. */
export function success(answer: object = {}): string {
  return JSON.stringify({ ...answer, success: true })
}

/** Refuses with a plain sentence, or with none: the product has such answers. */
export function failure(reply: FastifyReply, error?: string, errorType?: string): string {
  return answer(reply, 400, { success: false, error, errorType })
}

export interface Refusal {
  readonly code: string
  readonly reason?: string
  readonly details?: object
}

/** Refuses as the product's own methods do: a reason, its code, and maybe details. */
export function refusal(reply: FastifyReply, { code, reason, details }: Refusal): string {
  return answer(reply, 400, { success: false, error: reason ? `${reason} [${code}]` : `[${code}]`, errorType: code, details })
}

/** 403 of a handler; a permission that a whole route demands has words of its own. */
export function forbidden(reply: FastifyReply): string {
  return answer(reply, 403, { success: false, error: 'unauthorized' })
}

export function answer(reply: FastifyReply, status: number, body: object): string {
  reply.code(status)
  return JSON.stringify(body)
}

const asItIs = (payload: unknown): string => String(payload)
