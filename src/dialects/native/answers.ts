import { hash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Condition, People } from '../../core/accounts.ts'
import type { Presence, UserId } from '../../core/vocabulary.ts'
import { createFragments } from '../../http/fragments.ts'
import { presenceOut, userOut } from './translate.ts'

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

/** Texts of users kept; others are encoded again. */
const USERS_MAX = 10_000

/** A user's text, encoded and tagged once per change; null: no such user. */
export function createUserTexts(people: People): (userId: UserId, seen: { readonly withEmail: boolean }) => Tagged | null {
  const kept = new Map<string, Tagged & { readonly version: number }>()
  return (userId, seen) => {
    const key = seen.withEmail ? userId : `${userId} limited`
    const version = people.versionOf(userId)
    const known = kept.get(key)
    if (known?.version === version) return known
    const user = people.get(userId)
    if (user === null) return null
    if (kept.size >= USERS_MAX) kept.clear()
    const made = { ...tag(JSON.stringify(userOut(user, seen))), version }
    kept.set(key, made)
    return made
  }
}

/** Encodes and tags one thing at a time, once as long as it is the same object. */
export function createTagged<Thing extends object>(): (thing: Thing) => Tagged {
  let last: { readonly thing: Thing; readonly tagged: Tagged } | null = null
  return (thing) => {
    if (last?.thing !== thing) last = { thing, tagged: tag(JSON.stringify(thing)) }
    return last.tagged
  }
}

/** What If-Match asks for: that what is changed still has the tag that its caller saw. Undefined: it asks for nothing. */
export function conditionOf({ headers }: FastifyRequest, current: () => Tagged | null): Condition | undefined {
  const wanted = headers['if-match']
  if (wanted === undefined) return undefined
  const tags = wanted.split(',').map((one) => one.trim())
  return () => tags.includes('*') || tags.includes(current()?.etag ?? '')
}

const JSON_TYPE = 'application/json'

/** 304 when the caller has this very text already, else the text. */
export function answerTagged(
  { text, etag }: Tagged,
  request: FastifyRequest,
  reply: FastifyReply,
  type = JSON_TYPE,
): FastifyReply {
  if (isKnown(etag, request)) return answerKnown(etag, reply)
  return answerText(text, reply.header('ETag', etag).header('Cache-Control', REVALIDATED), type)
}

/** It may be kept by its reader alone, who asks each time whether it still holds. */
export const REVALIDATED = 'private, no-cache'

/** 304: the caller has what has this tag already. */
export function answerKnown(etag: string, reply: FastifyReply): FastifyReply {
  return reply.code(304).header('ETag', etag).header('Cache-Control', REVALIDATED).send()
}

/** Whether the caller says that it has what has this tag. Weak comparison, as If-None-Match asks for. */
export function isKnown(etag: string, { headers }: FastifyRequest): boolean {
  const known = headers['if-none-match']
  if (known === undefined) return false
  return known === etag || known === '*' || known.split(',').some((one) => one.trim().replace(/^W\//, '') === etag)
}

export function answerText(text: string, reply: FastifyReply, type = JSON_TYPE): FastifyReply {
  return reply.header('Content-Type', type).send(text)
}
