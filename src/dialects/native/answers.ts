import { hash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Presence } from '../../core/vocabulary.ts'
import { createFragments } from '../../http/fragments.ts'
import { presenceOut } from './translate.ts'

/** JSON text with the tag that changes with it. */
export interface Tagged {
  readonly text: string
  readonly etag: string
}

/** Presences kept as text; others are encoded again. */
const TEXTS_MAX = 200_000

/** Each presence is encoded and tagged once per change. One for all routes. */
export type Texts = (presence: Presence) => Tagged

export function createTexts(): Texts {
  const fragments = createFragments({ entriesMax: TEXTS_MAX, encode: (presence) => tag(JSON.stringify(presenceOut(presence))) })
  return (presence) => fragments.of(presence, 0)
}

export function tag(text: string): Tagged {
  return { text, etag: `"${hash('sha1', text, 'base64url')}"` }
}

const JSON_TYPE = 'application/json'

/** 304 when the caller has this very text already, else the text. */
export function answerTagged(
  { text, etag }: Tagged,
  request: FastifyRequest,
  reply: FastifyReply,
  type = JSON_TYPE,
): FastifyReply {
  reply.header('ETag', etag).header('Cache-Control', 'private, no-cache')
  const known = request.headers['if-none-match']
  if (known !== undefined && isAmong(etag, known)) return reply.code(304).send()
  return answerText(text, reply, type)
}

export function answerText(text: string, reply: FastifyReply, type = JSON_TYPE): FastifyReply {
  return reply.header('Content-Type', type).send(text)
}

/** Weak comparison, as If-None-Match asks for. */
function isAmong(etag: string, known: string): boolean {
  return known === '*' || known.split(',').some((one) => one.trim().replace(/^W\//, '') === etag)
}
