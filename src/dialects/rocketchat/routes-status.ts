import { Type } from 'typebox'
import { Failure } from '../../core/errors.ts'
import type { Principal } from '../../core/principal.ts'
import type { Services } from '../../core/service.ts'
import type { Instant, Presence, UserId } from '../../core/vocabulary.ts'
import { type Route, route } from '../../http/route.ts'
import { failure, forbidden, refusal, success } from './answers.ts'
import { NAME } from './ids.ts'
import { findNamed, isSelf, NAMED, type Named, refuseNamed } from './named.ts'
import { DoneShape, PresenceShape, PresencesShape, StatusShape } from './shapes.ts'
import { createPresenceLists, createStatusTexts } from './statuses.ts'
import { eventsOf, instantOf, STATUS_OUT, STATUSES } from './translate.ts'
import { closed, NullableString, oneOf } from './validation.ts'

/** How old a `from` may be, in ms, to be answered with what changed since; an older one gets everybody. */
const FROM_AGE_MS_MAX = 10 * 60 * 1000
const NOTHING_SAID = 'Match error: Failed Match.OneOf, Match.Maybe or Match.Optional validation'
const NO_DATE = {
  code: 'error-invalid-date',
  reason: 'Invalid expiresAt date string',
  details: { method: 'users.setStatus' },
}

const ByName = Type.Object(NAMED, closed)
const StatusUpdate = Type.Object(
  {
    status: Type.Optional(oneOf(STATUSES)),
    message: Type.Optional(NullableString),
    expiresAt: Type.Optional(NullableString),
    ...NAMED,
  },
  closed,
)
const PresenceQuery = Type.Object(
  {
    from: Type.Optional(NullableString),
    ids: Type.Optional(Type.Unsafe<string | string[]>({ type: ['string', 'array'], items: { type: 'string' } })),
  },
  closed,
)

/** Reading and setting statuses, one's own and others'. */
export function statusRoutes(services: Services): Route[] {
  const { presence, people, settings } = services
  const statusText = createStatusTexts(people)
  const presenceList = createPresenceLists(people)
  const viewOf = (principal: Principal) => presence.as(principal, NAME).view
  const find = (named: Named, principal: Principal): UserId | null =>
    isSelf(named, principal, people) ? principal.userId : findNamed(named, people)
  const see = (named: Named, principal: Principal): Presence | null => {
    const userId = find(named, principal)
    return userId === null ? null : viewOf(principal).get(userId)
  }
  return [
    route({
      rule: 'RC-1.2-1',
      method: 'GET',
      path: '/api/v1/users.getStatus',
      summary: 'Read a user’s status',
      answers: { 200: StatusShape },
      access: 'user',
      rate: 'read',
      query: ByName,
      handle({ query, principal, reply }) {
        const shown = see(query, principal)
        return shown === null ? refuseNamed(query, reply) : statusText(shown)
      },
    }),
    route({
      rule: 'RC-1.5-1',
      method: 'GET',
      path: '/api/v1/users.getPresence',
      summary: 'Read a user’s presence',
      answers: { 200: PresenceShape },
      access: 'user',
      rate: 'read',
      query: ByName,
      handle({ query, principal, reply }) {
        const shown = see(query, principal)
        if (shown === null) return refuseNamed(query, reply)
        const connectionStatus = isSelf(query, principal, people) ? STATUS_OUT[shown.connected] : undefined
        return success({ presence: STATUS_OUT[shown.availability], connectionStatus })
      },
    }),
    route({
      rule: 'RC-1.4-1',
      method: 'GET',
      path: '/api/v1/users.presence',
      summary: 'Read the presence of everybody, of some, or what changed',
      answers: { 200: PresencesShape },
      access: 'user',
      rate: 'read',
      query: PresenceQuery,
      handle({ query: { from, ids }, principal }) {
        if (settings.current.broadcastDisabled) return presenceList([], isPresent, true)
        const view = viewOf(principal)
        if (ids) return presenceList(view.many(usersOf(ids)), isWorthTelling, false)
        const since = recent(from ?? '', services.now())
        if (since === null) return presenceList(view.everyone(), isPresent, true)
        return presenceList(view.changedAfter(since), ({ userId }) => userId !== principal.userId, false)
      },
    }),
    route({
      rule: 'RC-1.3-1',
      method: 'POST',
      path: '/api/v1/users.setStatus',
      summary: 'Set a status, a text or both',
      answers: { 200: DoneShape },
      access: 'user',
      rate: 'set',
      body: StatusUpdate,
      async handle({ body, principal, reply }) {
        const { status = null, message = null } = body
        if (status === null && message === null) return failure(reply, NOTHING_SAID)
        const self = isSelf(body, principal, people)
        if (!self && !principal.permissions.has('set-others-presence')) return forbidden(reply)
        const { view, commands } = presence.as(principal, NAME)
        const userId = find(body, principal)
        if (userId === null) return refuseNamed(body, reply)
        if (message && !settings.current.notesAllowed)
          throw new Failure('forbidden', 'Notes are not allowed.', { reason: 'notes_not_allowed' })
        const until = body.expiresAt ? instantOf(body.expiresAt) : null
        if (body.expiresAt && until === null) return refusal(reply, NO_DATE)
        if (until !== null && until <= services.now())
          throw new Failure('invalid', 'The end has passed.', { reason: 'end_in_past' })
        if (!settings.current.invisibleAllowed && (status ?? view.get(userId)?.standing) === 'offline')
          throw new Failure('invalid', 'Invisible is not allowed.', { reason: 'invisible_not_allowed' })
        await commands.change(userId, eventsOf({ status, message, until }))
        return success()
      },
    }),
  ]

  /** The users that a list names, each once; ids that nobody has are passed over. */
  function usersOf(ids: string | string[]): UserId[] {
    const userIds = new Set<UserId>()
    for (const id of typeof ids === 'string' ? ids.split(',') : ids) {
      const userId = people.find(NAME, id)
      if (userId !== null) userIds.add(userId)
    }
    return [...userIds]
  }
}

const isPresent = ({ availability }: Presence): boolean => availability !== 'offline'

/** Clients take whoever is left out for offline, without a text. */
const isWorthTelling = (shown: Presence): boolean => isPresent(shown) || shown.note !== null || shown.until !== null

/** Null: no date, or one too long ago. */
function recent(from: string, at: Instant): Instant | null {
  const since = instantOf(from)
  return since !== null && at - since < FROM_AGE_MS_MAX ? since : null
}
