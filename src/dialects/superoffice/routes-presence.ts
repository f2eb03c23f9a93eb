import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Principal } from '../../core/principal.ts'
import type { Services } from '../../core/service.ts'
import type { Presence, UserId } from '../../core/vocabulary.ts'
import { createFragments } from '../../http/fragments.ts'
import { type Route, route } from '../../http/route.ts'
import { answer, sendText } from './answer.ts'
import { answerNoResource } from './errors.ts'
import { fieldOf, invalid, MESSAGE_LENGTH_MAX, readId, readStatus, selected } from './fields.ts'
import { readInt32 } from './ids.ts'
import { languagesOf } from './languages.ts'
import { associate, noSuchUser } from './lookup.ts'
import { isXml, mediaTypeFor } from './media.ts'
import { NewStatus, NewStatusOfAssociate, OfAssociate, orNull, Selected, StatusShape } from './shapes.ts'
import { eventsOf, messageOut, presenceOut, type Reader, type StatusToSet, saysBack } from './translate.ts'

const VIA = 'superoffice'
/** Presences whose text is kept, as many as a busy workspace reads over and over. */
const FRAGMENTS_MAX = 50_000

const ByAssociate = Type.Object({ associateId: Type.String() })

/** Reading and setting a user's presence, as REST and as the agent's calls. */
export function presenceRoutes({ presence, people }: Services): Route[] {
  const isActive = (userId: UserId): boolean => people.get(userId)?.active ?? false
  const fragments = createFragments({
    entriesMax: FRAGMENTS_MAX,
    encode: (shown) => JSON.stringify(presenceOut(shown, { active: isActive(shown.userId), languages: [] })),
  })

  /** The most usual answer, untranslated JSON, is encoded once per change. */
  function tell(request: FastifyRequest, reply: FastifyReply, shown: Presence): void {
    const type = mediaTypeFor(request.headers.accept)
    const select = request.url.includes('?') ? fieldOf(request.query, '$select') : undefined
    if (select === undefined && !isXml(type) && !messageOut(shown).includes(':"'))
      sendText(reply, type, fragments.of(shown, people.versionOf(shown.userId)))
    else answer(request, reply, 'UserPresenceStatus', selected(presenceOut(shown, readerOf(request, shown.userId)), select))
  }

  function read(id: number, { principal, request, reply }: Asked): void {
    const shown = presence.as(principal, VIA).view.get(associate(people, id))
    if (shown === null) throw noSuchUser(id)
    tell(request, reply, shown)
  }

  async function set(id: number, status: StatusToSet, { principal, request, reply }: Asked): Promise<void> {
    const { view, commands } = presence.as(principal, VIA)
    const userId = associate(people, id)
    const reader = readerOf(request, userId)
    if (status.message !== null && status.message.length > MESSAGE_LENGTH_MAX) {
      const shown = view.get(userId)
      if (shown === null || !saysBack(status.message, shown, reader))
        throw invalid('Message', `The field Message must be a string with a maximum length of ${MESSAGE_LENGTH_MAX}.`)
    }
    tell(request, reply, await commands.change(userId, eventsOf(status, reader, VIA)))
  }

  function readerOf({ headers }: FastifyRequest, userId: UserId): Reader {
    return { active: isActive(userId), languages: languagesOf(headers) }
  }

  return [
    route({
      rule: 'SO-1.1-1',
      method: 'GET',
      path: '/api/v1/User/:associateId/UserPresenceStatus',
      summary: 'Read a user’s presence',
      answers: { 200: StatusShape },
      reads: { query: Selected },
      access: 'user',
      rate: 'read',
      params: ByAssociate,
      handle(call) {
        const id = readInt32(call.params.associateId)
        return id === null ? answerNoResource(call.request, call.reply) : read(id, call)
      },
    }),
    route({
      rule: 'SO-1.1-2',
      method: 'PUT',
      path: '/api/v1/User/:associateId/UserPresenceStatus',
      summary: 'Set a user’s presence',
      answers: { 200: StatusShape },
      reads: { query: Selected, body: NewStatus },
      access: 'user',
      rate: 'set',
      params: ByAssociate,
      handle(call) {
        const id = readInt32(call.params.associateId)
        return id === null ? answerNoResource(call.request, call.reply) : set(id, readStatus(call.body), call)
      },
    }),
    route({
      rule: 'SO-3.1-1',
      method: 'POST',
      path: '/api/v1/Agents/User/GetUserPresenceStatus',
      summary: 'Read a user’s presence, as agents do',
      answers: { 200: orNull(StatusShape) },
      reads: { query: Selected, body: OfAssociate },
      access: 'user',
      rate: 'read',
      handle: (call) => read(readId(fieldOf(call.body, 'AssociateId'), 'AssociateId'), call),
    }),
    route({
      rule: 'SO-3.1-2',
      method: 'POST',
      path: '/api/v1/Agents/User/SetUserPresenceStatus',
      summary: 'Set a user’s presence, as agents do',
      answers: { 200: orNull(StatusShape) },
      reads: { query: Selected, body: NewStatusOfAssociate },
      access: 'user',
      rate: 'set',
      handle(call) {
        const id = readId(fieldOf(call.body, 'AssociateId'), 'AssociateId')
        return set(id, readStatus(fieldOf(call.body, 'UserPresenceStatus')), call)
      },
    }),
  ]
}

interface Asked {
  readonly principal: Principal
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}
