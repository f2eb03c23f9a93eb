import { createCipheriv, createDecipheriv, hash, randomBytes } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { Failure } from '../../core/errors.ts'
import type { Log } from '../../core/service.ts'
import type { Repeats } from '../../http/repeats.ts'
import type { Call, Route } from '../../http/route.ts'
import { tokenIn } from './bearer.ts'

/** Characters of an Idempotency-Key. */
const KEY_LENGTH_MAX = 255
const HEADER = 'Idempotency-Key'

const Headers = Type.Object({
  [HEADER.toLowerCase()]: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: KEY_LENGTH_MAX,
      description: 'Of your choice: sent again with the same key and body within 24 h, the request is answered as it was.',
    }),
  ),
})

/** What was answered to whom asked for what. */
interface Answered {
  readonly asked: string
  readonly status: number
  readonly location: string | null
  readonly body: unknown
}

export interface RepeatParts {
  readonly repeats: Repeats
  readonly log: Log
}

/**
 * A route that makes nothing twice: with an Idempotency-Key, whoever sends a request again gets the answer of the first.
 * Answers may hold secrets: they are sealed with the caller's token and the key, which are kept nowhere.
 */
export function onceOnly(route: Route, { repeats, log }: RepeatParts): Route {
  const untold = (error: unknown): void =>
    log.warn({ err: error, route: route.path }, 'how a request was answered could not be kept for one that is sent again')

  async function answerFirst(call: Call, id: string, secret: Buffer, asked: string): Promise<unknown> {
    const { reply, principal } = call
    const body = await route.handle(call)
    if (body === reply) throw new Error(`${route.path} sends its answer by itself: it cannot be kept for who asks again`)
    const location = reply.getHeader('location')
    const answered: Answered = {
      asked,
      status: reply.statusCode,
      location: location === undefined ? null : String(location),
      body,
    }
    await repeats.keep(id, principal.userId, seal(answered, secret)).catch(untold)
    return body
  }

  async function handle(call: Call): Promise<unknown> {
    const key = keyOf(call.request)
    if (key === null) return route.handle(call)
    const [id, secret] = namesOf(tokenIn(call.request) ?? '', key)
    const asked = hash('sha256', JSON.stringify([call.request.method, call.request.url, call.body]), 'base64url')
    const kept = await repeats.claim(id, call.principal.userId)
    if (kept !== null) return answerAgain(open(kept, secret), asked, call.reply)
    try {
      return await answerFirst(call, id, secret, asked)
    } catch (error) {
      await repeats.release(id).catch(untold)
      throw error
    }
  }

  const refuses = [...new Set([...(route.refuses ?? []), 409, 422])]
  return { ...route, handle, refuses, reads: { ...route.reads, headers: Headers } }
}

function answerAgain({ asked, status, location, body }: Answered, askedNow: string, reply: FastifyReply): unknown {
  if (asked !== askedNow)
    throw new Failure('conflict', `This ${HEADER} was used for another request. Use a new one for each.`, {
      reason: 'key_reused',
      field: HEADER,
    })
  if (location !== null) reply.header('Location', location)
  reply.code(status).header('Cache-Control', 'no-store')
  return body
}

/** Null: there is none. As plain text, or as a structured field's string: between quotation marks. */
function keyOf({ headers }: FastifyRequest): string | null {
  const said = headers[HEADER.toLowerCase()]
  if (said === undefined) return null
  const key = /^"(.*)"$/.exec(String(said))?.[1] ?? String(said)
  if (/^[\x21-\x7e]+$/.test(key) && key.length <= KEY_LENGTH_MAX) return key
  throw new Failure('invalid', `"${HEADER}" must be 1 to ${KEY_LENGTH_MAX} visible ASCII characters, like a UUID.`, {
    reason: 'malformed',
    field: HEADER,
  })
}

/** Under what an answer is kept, and what it is sealed with: the one does not tell the other. */
function namesOf(token: string, key: string): readonly [id: string, secret: Buffer] {
  const of = (purpose: string): string => `rollcall repeat ${purpose}\0${token}\0${key}`
  return [hash('sha256', of('id'), 'base64url'), hash('sha256', of('seal'), 'buffer')]
}

const CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16

function seal(answered: Answered, secret: Buffer): string {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, secret, nonce)
  const sealed = Buffer.concat([nonce, cipher.update(JSON.stringify(answered)), cipher.final(), cipher.getAuthTag()])
  return sealed.toString('base64url')
}

function open(text: string, secret: Buffer): Answered {
  const sealed = Buffer.from(text, 'base64url')
  const decipher = createDecipheriv(CIPHER, secret, sealed.subarray(0, NONCE_BYTES))
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
  return JSON.parse(Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]).toString())
}
