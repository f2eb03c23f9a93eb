import { Readable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Failure } from '../../core/errors.ts'
import type { HistoryService } from '../../core/history.ts'
import type { Principal } from '../../core/principal.ts'
import type { Changes, PresenceView, Services } from '../../core/service.ts'
import type { PresenceEvent } from '../../core/transition.ts'
import { type Route, route } from '../../http/route.ts'
import { answerKnown, answerTagged, answerText, isKnown, REVALIDATED, type Tagged, type Texts, tag } from './answers.ts'
import { instantAsked } from './routes-history.ts'
import { AtInstant, Batch, ByUser, NewAvailability, NewNote, Since } from './schemas.ts'
import { BatchShape, ChangesShape, PresenceShape } from './shapes.ts'
import { availabilityIn, findUser, noSuchUser, noteIn, presenceOut, userOf } from './translate.ts'

/** The door's name: claims made here are signed with it. */
export const VIA = 'native'

/** No user's id. */
const NOBODY = ''

/** Reading and setting presence. */
export function presenceRoutes({ presence, people }: Services, history: HistoryService, texts: Texts): readonly Route[] {
  const viewOf = (principal: Principal) => presence.as(principal, VIA).view
  const change = async (word: string, principal: Principal, event: PresenceEvent) => {
    const userId = userOf(word, principal, people)
    return texts(await presence.as(principal, VIA).commands.change(userId, [event]))
  }
  return [
    route({
      rule: 'N10',
      method: 'GET',
      path: '/v1/presence/:user',
      summary: 'Read a user’s presence, now or as it was',
      answers: { 200: PresenceShape, 304: null },
      refuses: [400, 403, 404, 501],
      query: AtInstant,
      access: 'user',
      rate: 'read',
      params: ByUser,
      handle({ params, principal, request, reply }) {
        const userId = userOf(params.user, principal, people)
        const at = instantAsked(request.query)
        if (at !== null)
          return history
            .as(principal)
            .at(userId, at)
            .then((was) => answerTagged(tag(JSON.stringify(presenceOut(was))), request, reply))
        const found = viewOf(principal).get(userId)
        if (found === null) throw noSuchUser(params.user)
        return answerTagged(texts(found), request, reply)
      },
    }),
    route({
      rule: 'N12',
      method: 'POST',
      path: '/v1/presence::batch',
      summary: 'Read the presence of several users',
      answers: { 200: BatchShape },
      access: 'user',
      rate: 'read',
      body: Batch,
      handle({ body, principal, reply }) {
        const userIds = body.users.map((word) => findUser(word, principal, people) ?? NOBODY)
        const found = viewOf(principal).many(userIds)
        const known = found.flatMap((presence) => (presence === null ? [] : [texts(presence).text]))
        const unknown = body.users.filter((_, i) => found[i] === null)
        return answerText(`{"presences":[${known.join()}],"unknown":${JSON.stringify(unknown)}}`, reply)
      },
    }),
    route({
      rule: 'N13',
      method: 'GET',
      path: '/v1/presence',
      summary: 'Read everyone, or what differs since a cursor',
      answers: { 200: ChangesShape, 304: null },
      access: 'user',
      rate: 'read',
      query: Since,
      handle({ query: { since = null }, principal, request, reply }) {
        const view = viewOf(principal)
        const known = cursorKnown(request)
        // Whoever holds everything up to now asks in vain, from whatever cursor on.
        const changes = known !== null && known !== since ? ifNothingNew(view, known) : null
        return answerChanges(changes ?? view.changesSince(since), request, reply, texts)
      },
    }),
    route({
      rule: 'N14',
      method: 'PUT',
      path: '/v1/presence/:user/availability',
      summary: 'Set an availability, maybe until a time',
      answers: { 200: PresenceShape },
      access: 'user',
      rate: 'set',
      params: ByUser,
      body: NewAvailability,
      async handle({ params, body, principal, reply }) {
        return answerText((await change(params.user, principal, availabilityIn(body))).text, reply)
      },
    }),
    route({
      rule: 'N14',
      method: 'DELETE',
      path: '/v1/presence/:user/availability',
      summary: 'Withdraw the availability',
      answers: { 200: PresenceShape },
      access: 'user',
      rate: 'set',
      params: ByUser,
      async handle({ params, principal, reply }) {
        return answerText((await change(params.user, principal, { type: 'availability_withdrawn', alike: null })).text, reply)
      },
    }),
    route({
      rule: 'N15',
      method: 'PUT',
      path: '/v1/presence/:user/note',
      summary: 'Set a note, maybe until a time',
      answers: { 200: PresenceShape },
      access: 'user',
      rate: 'set',
      params: ByUser,
      body: NewNote,
      async handle({ params, body, principal, reply }) {
        return answerText((await change(params.user, principal, noteIn(body))).text, reply)
      },
    }),
    route({
      rule: 'N15',
      method: 'DELETE',
      path: '/v1/presence/:user/note',
      summary: 'Withdraw the note',
      answers: { 200: PresenceShape },
      access: 'user',
      rate: 'set',
      params: ByUser,
      async handle({ params, principal, reply }) {
        return answerText((await change(params.user, principal, { type: 'note_withdrawn', via: null })).text, reply)
      },
    }),
  ]
}

/** The cursor of an answer is its tag: null when the caller names none that could be one. */
function cursorKnown({ headers }: FastifyRequest): string | null {
  return /^(?:W\/)?"([\w.-]+)"$/.exec(headers['if-none-match'] ?? '')?.[1] ?? null
}

/** Null: there is something new, or it is no cursor of this server. */
function ifNothingNew(view: PresenceView, cursor: string): Changes | null {
  try {
    const changes = view.changesSince(cursor)
    return isNothing(changes) && changes.cursor === cursor ? changes : null
  } catch (error) {
    if (error instanceof Failure && error.code === 'invalid') return null
    throw error
  }
}

const isNothing = ({ full, presences, removed }: Changes): boolean => !full && presences.length === 0 && removed.length === 0

/** Presences that are answered as one text; more are written as they are sent. */
const TEXT_PRESENCES_MAX = 200

/** Whoever polls while nothing happens is given the same object each time. */
const emptyTexts = new WeakMap<Changes, Tagged>()

function emptyTextOf(changes: Changes): Tagged {
  const known = emptyTexts.get(changes)
  if (known !== undefined) return known
  const made = { text: `${opening(changes)}]}`, etag: `"${changes.cursor}"` }
  emptyTexts.set(changes, made)
  return made
}

function answerChanges(changes: Changes, request: FastifyRequest, reply: FastifyReply, texts: Texts): FastifyReply {
  if (isNothing(changes)) return answerTagged(emptyTextOf(changes), request, reply)
  const etag = `"${changes.cursor}"`
  if (isKnown(etag, request)) return answerKnown(etag, reply)
  const { presences } = changes
  reply.header('ETag', etag).header('Cache-Control', REVALIDATED)
  if (presences.length <= TEXT_PRESENCES_MAX)
    return answerText(`${opening(changes)}${presences.map((presence) => texts(presence).text).join()}]}`, reply)
  reply.header('Content-Type', 'application/json')
  return reply.send(Readable.from(piecesOf(changes, texts), { objectMode: false }))
}

/** All but the presences. A cursor needs no escape. */
const opening = ({ cursor, full, removed }: Changes): string =>
  `{"cursor":"${cursor}","full":${full},"removed":${removed.length === 0 ? '[]' : JSON.stringify(removed)},"presences":[`

/** Characters gathered before they are sent. */
const PIECE_LENGTH = 65_536

/** A snapshot may be of everyone: it is written as it is sent, never held as one text, and others have their turn after each piece. */
async function* piecesOf(changes: Changes, texts: Texts): AsyncGenerator<string> {
  let piece = opening(changes)
  let separator = ''
  for (const presence of changes.presences) {
    piece += separator + texts(presence).text
    separator = ','
    if (piece.length < PIECE_LENGTH) continue
    yield piece
    piece = ''
    await turn()
  }
  yield `${piece}]}`
}
