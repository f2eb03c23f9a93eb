import type { FastifyInstance, FastifyRequest } from 'fastify'
import { appError } from './errors.ts'

/** Bytes of a body: the product's own limit, and what it adds to it. */
export const BODY_BYTES_MAX = 300_000 + 512

/** Leaves bodies of any content type unread, until a handler asks: all that the contract checks before comes before. */
export function leaveBodies(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers()
  fastify.addContentTypeParser('*', (_request, _payload, done) => done(null))
}

/** The body's text, what is no UTF-8 in it being U+FFFD. Throws the product's 413; for a client that went away, what nobody will read. */
export async function bodyOf({ raw }: FastifyRequest): Promise<string> {
  if (Number(raw.headers['content-length'] ?? 0) > BODY_BYTES_MAX) throw appError('too_large')
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    raw.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > BODY_BYTES_MAX) reject(appError('too_large'))
      else chunks.push(chunk)
    })
    raw.once('end', () => resolve(Buffer.concat(chunks).toString()))
    raw.once('error', () => reject(appError('parse')))
  })
}
