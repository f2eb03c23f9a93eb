import { Readable } from 'node:stream'
import type { Audited, AuditLog } from '../../core/audit.ts'
import { Failure } from '../../core/errors.ts'
import type { HistoryService, Passage } from '../../core/history.ts'
import type { Principal } from '../../core/principal.ts'
import type { Services } from '../../core/service.ts'
import type { Instant } from '../../core/vocabulary.ts'
import { type Route, route } from '../../http/route.ts'
import { answerTagged, tag } from './answers.ts'
import { AuditFields, ByUser, HistoryFields, PAGE_USERS } from './schemas.ts'
import { AuditShape, HistoryShape, LinesShape } from './shapes.ts'
import { findUser, instantOf, presenceOut, timeOf, userOf } from './translate.ts'

export interface HistoryRoutesParts {
  readonly history: HistoryService
  readonly auditLog: { as(principal: Principal): AuditLog }
}

/** What was, and who did what. */
export function historyRoutes({ people }: Services, { history, auditLog }: HistoryRoutesParts): readonly Route[] {
  return [
    route({
      rule: 'Y4',
      method: 'GET',
      path: '/v1/presence/:user/history',
      summary: 'Read a user’s history, the newest first',
      answers: { 200: HistoryShape, 304: null },
      refuses: [403, 404, 501],
      access: 'user',
      rate: 'read',
      params: ByUser,
      query: HistoryFields,
      async handle({ params, query, principal, request, reply }) {
        const { limit = PAGE_USERS, cursor, ...window } = query
        const { from, to } = windowOf(window)
        const before = cursor === undefined ? to : Math.min(to ?? Number.POSITIVE_INFINITY, instantIn(cursor))
        const asked = { limit, ...(from !== undefined && { from }), ...(before !== undefined && { to: before }) }
        const { passages, next } = await history.as(principal).page(userOf(params.user, principal, people), asked)
        const page = { passages: passages.map(passageOut), cursor: next === null ? null : cursorBefore(next) }
        return answerTagged(tag(JSON.stringify(page)), request, reply)
      },
    }),
    route({
      rule: 'Y7',
      method: 'GET',
      path: '/v1/presence/:user/history::export',
      summary: 'Take a user’s whole history along, as JSON lines',
      answers: { 200: LinesShape },
      refuses: [403, 404, 501],
      access: 'user',
      rate: 'read',
      params: ByUser,
      async handle({ params, principal, reply }) {
        const everything = await history.as(principal).everything(userOf(params.user, principal, people))
        return reply.header('Content-Type', 'application/x-ndjson').send(Readable.from(linesOf(everything)))
      },
    }),
    route({
      rule: 'Y8',
      method: 'DELETE',
      path: '/v1/presence/:user/history',
      summary: 'Erase a user’s history',
      answers: { 204: null },
      refuses: [403, 404],
      access: 'user',
      rate: 'set',
      params: ByUser,
      async handle({ params, principal, reply }) {
        await history.as(principal).erase(userOf(params.user, principal, people))
        return reply.code(204).send()
      },
    }),
    route({
      rule: 'U3',
      method: 'GET',
      path: '/v1/audit',
      summary: 'Read who did what, the newest first',
      answers: { 200: AuditShape, 304: null },
      refuses: [403],
      access: 'user',
      rate: 'read',
      query: AuditFields,
      async handle({ query, principal, request, reply }) {
        const { user, by, kind, limit = PAGE_USERS, cursor, ...window } = query
        // Whoever is gone is still found by their id.
        const idOf = (word: string): string => findUser(word, principal, people) ?? word
        const { entries, cursor: next } = await auditLog.as(principal).page({
          limit,
          ...windowOf(window),
          ...(cursor !== undefined && { cursor }),
          ...(kind !== undefined && { kind }),
          ...(user !== undefined && { userId: idOf(user) }),
          ...(by !== undefined && { by: idOf(by) }),
        })
        return answerTagged(tag(JSON.stringify({ entries: entries.map(auditedOut), cursor: next })), request, reply)
      },
    }),
  ]
}

/** The instant that a read asks for with `at`; null: now. Throws Failure `invalid`. */
export function instantAsked(query: unknown): Instant | null {
  const { at } = Object(query)
  if (at === undefined) return null
  if (typeof at === 'string') return instantOf(at, 'at')
  throw new Failure('invalid', '"at" must be given once.', { reason: 'malformed', field: 'at' })
}

function windowOf({ from, to }: { readonly from?: string; readonly to?: string }) {
  return {
    ...(from !== undefined && { from: instantOf(from, 'from') }),
    ...(to !== undefined && { to: instantOf(to, 'to') }),
  }
}

const passageOut = ({ at, presence, via, by }: Passage): object => ({
  at: timeOf(at),
  ...(via !== null && { via }),
  ...(by !== null && { by }),
  presence: presenceOut(presence),
})

const auditedOut = ({ at, ...entry }: Audited): object => ({ at: timeOf(at), ...entry })

async function* linesOf(passages: AsyncIterable<Passage>): AsyncGenerator<string> {
  for await (const passage of passages) yield `${JSON.stringify(passageOut(passage))}\n`
}

const cursorBefore = (instant: Instant): string => Buffer.from(`before ${instant}`).toString('base64url')

function instantIn(cursor: string): Instant {
  const instant = /^before (\d{1,16})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1'))?.[1]
  if (instant === undefined)
    throw new Failure('invalid', '"cursor" must be one that an earlier page gave.', { reason: 'malformed', field: 'cursor' })
  return Number(instant)
}
