import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import qs from 'qs'
import { Failure } from '../../core/errors.ts'
import { readJson } from '../../http/json.ts'
import { readXml } from './xml.ts'

/** Bytes of a body, as sent and as inflated; no call needs more, and hostile XML takes long to read. */
const BYTES_MAX = 65_536

const inflate = promisify(gunzip)

const JSON_TYPE = /^(?:application|text)\/(?:[\w.-]+\+)?json$/
const XML_TYPE = /^(?:application|text)\/(?:[\w.-]+\+)?xml$/
const FORM_TYPE = 'application/x-www-form-urlencoded'
const UTF8 = /^charset="?utf-?8"?$/

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Reads JSON, XML and forms, also gzipped; an empty body and `null` are both null. */
export function readBodies(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers()
  const limits = { parseAs: 'buffer', bodyLimit: BYTES_MAX } as const
  fastify.addContentTypeParser('*', limits, (request: FastifyRequest, sent: Buffer) => readBody(request, sent))
}

/** Throws Failure `invalid`, `unsupported_media` and, for what inflates beyond the limit, `too_large`. */
async function readBody(request: FastifyRequest, sent: Buffer): Promise<unknown> {
  const bytes = await inflated(request.headers['content-encoding'], sent)
  if (bytes.length === 0) return null
  const [type = '', ...parameters] = (request.headers['content-type'] ?? '').split(';').map((part) => part.trim().toLowerCase())
  if (parameters.some((parameter) => parameter.startsWith('charset=') && !UTF8.test(parameter)))
    throw new Failure('unsupported_media', 'Only UTF-8 is supported.')
  if (type === '' || JSON_TYPE.test(type)) return readJson(bytes)
  if (XML_TYPE.test(type)) return readXml(decoded(bytes))
  if (type === FORM_TYPE) return readForm(decoded(bytes))
  throw new Failure('unsupported_media', `The media type '${type}' is not supported for this resource.`)
}

async function inflated(encoding: string | undefined, sent: Buffer): Promise<Buffer> {
  const coding = encoding?.trim().toLowerCase() ?? 'identity'
  if (coding === 'identity' || coding === '' || sent.length === 0) return sent
  if (coding !== 'gzip' && coding !== 'x-gzip')
    throw new Failure('unsupported_media', `The content encoding '${coding}' is not supported.`)
  try {
    return await inflate(sent, { maxOutputLength: BYTES_MAX })
  } catch (error) {
    if (error instanceof RangeError)
      throw new Failure('too_large', 'The request body is too large.', { reason: 'body_too_large' })
    throw malformed('The body is not gzip.', error)
  }
}

function decoded(bytes: Buffer): string {
  try {
    return utf8.decode(bytes)
  } catch (error) {
    throw malformed('The body is not UTF-8.', error)
  }
}

/** `Status=…&Message=…`; an inner object's fields as `UserPresenceStatus.Status` or `UserPresenceStatus[Status]`. */
function readForm(text: string): unknown {
  return qs.parse(text, { allowDots: true, depth: 2, parameterLimit: 100, plainObjects: true })
}

function malformed(message: string, cause?: unknown): Failure {
  return new Failure('invalid', message, { reason: 'malformed', cause })
}
