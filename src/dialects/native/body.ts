import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Failure } from '../../core/errors.ts'
import { readJson } from '../../http/json.ts'
import { IMPORT_PATH, LINES_TYPE } from './routes-bulk.ts'

/** Bodies are JSON in UTF-8, and lines of it where users are imported. */
export function readBodies(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers()
  fastify.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, bytes, done) =>
    answered(done, () => {
      assertPlain(request)
      return bytes.length === 0 ? undefined : readJson(bytes)
    }),
  )
  fastify.addContentTypeParser(LINES_TYPE, (request, lines, done) =>
    answered(done, () => {
      if (request.routeOptions.url !== IMPORT_PATH) throw unread('This takes application/json, not lines of it.')
      assertPlain(request)
      return lines
    }),
  )
}

function answered(done: (error: Error | null, body?: unknown) => void, read: () => unknown): void {
  try {
    done(null, read())
  } catch (error) {
    done(error as Error)
  }
}

/** Throws Failure `unsupported_media` for what is not sent as it is, or not in UTF-8. */
function assertPlain({ headers }: FastifyRequest): void {
  const coding = headers['content-encoding'] ?? 'identity'
  if (!/^(?:identity)?$/i.test(coding.trim())) throw unread('This takes bodies without a Content-Encoding.')
  if (OTHER_CHARSET.test(headers['content-type'] ?? '')) throw unread('This takes UTF-8, and no other charset.')
}

const OTHER_CHARSET = /;\s*charset\s*=\s*(?!"?utf-?8"?\s*(?:;|$))/i

const unread = (message: string): Failure => new Failure('unsupported_media', message)
