import type { Static } from 'typebox'
import { Failure } from '../../core/errors.ts'
import type { GroupId } from '../../core/groups.ts'
import type { Principal } from '../../core/principal.ts'
import type { Attended, Services } from '../../core/service.ts'
import { readJson } from '../../http/json.ts'
import { CLOSE, type Connection, isGoodbye, type SocketHandlers, type SocketRoute } from '../../realtime/connection.ts'
import type { Fanout } from '../../realtime/fanout.ts'
import type { Ring } from '../../realtime/ring.ts'
import type { Texts } from './answers.ts'
import { bearerOf } from './bearer.ts'
import { problemOf } from './errors.ts'
import { createFeed, type Feed } from './feed.ts'
import { ringOf } from './rings.ts'
import { usersOf } from './routes-stream.ts'
import { BATCH_USERS_MAX, MESSAGES, WATCHED_MAX } from './schemas.ts'
import { instantOf, userOf } from './translate.ts'
import { compileValidator } from './validation.ts'
import { socketVoice, type Voice } from './voices.ts'
import { awaitedOf, createWaits, type Waits } from './waits.ts'

/** Bytes of one message. */
const MESSAGE_BYTES_MAX = 65_536

type Said = { readonly [Type in keyof typeof MESSAGES]: Static<(typeof MESSAGES)[Type]> }
type Kind = keyof Said

const validators = new Map(
  Object.entries(MESSAGES).map(([type, schema]) => [
    type,
    compileValidator({ schema, httpPart: 'message', method: '', url: '' }),
  ]),
)

/** What all sockets share. */
interface SocketParts {
  readonly services: Services
  readonly fanout: Fanout
  readonly texts: Texts
  readonly voice: Voice
  readonly ring: Ring
}

/** One client's conversation. There are thousands: what is said in it is worked on by functions of this, and shared by all. */
interface Talk extends SocketHandlers {
  readonly parts: SocketParts
  readonly connection: Connection
  readonly origin: string | undefined
  self: Principal | null
  /** Made with the first watch: who is only present needs none. */
  feed: Feed | null
  attended: Attended | null
  waits: Waits | null
}

/** `/v1/socket`: watching, and being present, in JSON messages. */
export function socketRoute(services: Services, fanout: Fanout, texts: Texts): SocketRoute {
  const voice = socketVoice()
  const parts: SocketParts = { services, fanout, texts, voice, ring: ringOf(services, fanout, voice) }
  return {
    matches: (path) => path === '/v1/socket' || path === '/v1/socket/',
    messageBytesMax: MESSAGE_BYTES_MAX,
    refuse(request) {
      try {
        bearerOf(request, services.authentication)
        return null
      } catch (error) {
        if (!(error instanceof Failure)) throw error
        const headers = { 'Content-Type': 'application/problem+json', 'WWW-Authenticate': 'Bearer realm="rollcall"' }
        return { status: 401, body: JSON.stringify(problemOf(error)), headers }
      }
    },
    accept(request, connection) {
      const { origin } = request
      const fields = { parts, connection, origin, self: null, feed: null, attended: null, waits: null }
      const talk: Talk = Object.assign(Object.create(HANDLERS), fields)
      const known = bearerOf(request, services.authentication)
      if (known !== null) enter(talk, known)
      return talk
    },
  }
}

const HANDLERS: SocketHandlers & ThisType<Talk> = {
  message(payload, isBinary) {
    if (isBinary) this.connection.close(CLOSE.unsupported, 'messages are JSON text')
    else answer(this, payload)
  },
  farewell(_code, reason) {
    return JSON.stringify({ type: 'goodbye', reason, cursor: this.feed?.cursor() ?? null })
  },
  closed(code, by) {
    this.feed?.stop()
    this.waits?.stop()
    if (isGoodbye(code, by)) this.attended?.leave()
    else this.attended?.cut()
  },
}

function say({ connection }: Talk, message: object): void {
  connection.send(JSON.stringify(message))
}

function enter(talk: Talk, principal: Principal): void {
  const { connection } = talk
  if (!connection.identified(principal)) return
  talk.self = principal
  const limits = { messageBytesMax: MESSAGE_BYTES_MAX, usersPerMessageMax: BATCH_USERS_MAX, usersWatchedMax: WATCHED_MAX }
  say(talk, { type: 'hello', connectionId: connection.id, userId: principal.userId, limits })
}

function insider({ self }: Talk): Principal {
  if (self !== null) return self
  throw new Failure('unauthenticated', 'Say who you are first: {"type":"hello","token":"…"}.', { reason: 'not_logged_in' })
}

function feedOf(talk: Talk, principal: Principal): Feed {
  const { connection, parts } = talk
  const { view } = parts.services.presence.as(principal, 'native')
  const { groups } = parts.services
  talk.feed ??= createFeed({ connection, principal, view, groups, fanout: parts.fanout, voice: parts.voice, ring: parts.ring })
  return talk.feed
}

function groupIdsOf({ parts }: Talk, principal: Principal, words: readonly string[]): readonly GroupId[] {
  const groups = parts.services.groups.as(principal)
  return words.map((word) => groups.find(word).id)
}

function sessionOf({ attended }: Talk): Attended {
  if (attended !== null) return attended
  throw new Failure('invalid', 'You are not present here; say "attend" first.', { reason: 'no_such_session' })
}

/** What each message does; what it answers goes into the acknowledgement. */
const ACTS: { readonly [Type in Kind]: (talk: Talk, said: Said[Type]) => object } = {
  hello(talk, { token }) {
    if (talk.self !== null) throw new Failure('conflict', 'It is known who you are.')
    const principal = talk.parts.services.authentication.byToken(token, talk.origin)
    if (principal === null)
      throw new Failure('unauthenticated', 'This token is unknown, has ended, or may not be used from here.', {
        reason: 'not_logged_in',
      })
    enter(talk, principal)
    return {}
  },
  watch(talk, { users, groups, everyone = false, since = null }) {
    const principal = insider(talk)
    assertOneOf(users ?? groups, everyone)
    const feed = feedOf(talk, principal)
    const groupIds = groups && groupIdsOf(talk, principal, groups)
    if (everyone) feed.everyone(since)
    if (users !== undefined) {
      const { known, unknown, named } = usersOf(users, principal, talk.parts.services.people)
      feed.watch(known, unknown, since, named)
    }
    if (groupIds !== undefined) feed.watchGroups(groupIds)
    return {}
  },
  unwatch(talk, { users, groups, everyone = false }) {
    const principal = insider(talk)
    assertOneOf(users ?? groups, everyone)
    const feed = feedOf(talk, principal)
    if (everyone) feed.nobody()
    if (users !== undefined) feed.unwatch(usersOf(users, principal, talk.parts.services.people).known)
    if (groups !== undefined) feed.unwatchGroups(groupIdsOf(talk, principal, groups))
    return {}
  },
  'until-free'(talk, { id, user, group, cancel = false }) {
    const principal = insider(talk)
    const { people, groups } = talk.parts.services
    const own = groups.as(principal)
    const awaited = awaitedOf({ user, group }, own, (word) => userOf(word, principal, people))
    const { fanout, texts } = talk.parts
    talk.waits ??= createWaits({ groups: own, fanout, texts, say: (text) => talk.connection.send(text) })
    if (cancel) talk.waits.cancel(awaited)
    else talk.waits.add(awaited, id)
    return {}
  },
  attend(talk, { app, platform, resumes }) {
    const principal = insider(talk)
    if (talk.attended !== null) throw new Failure('conflict', 'You are present here already.')
    const { commands } = talk.parts.services.presence.as(principal, 'native')
    const { id: connectionId } = talk.connection
    talk.attended = commands.attend({ app, platform, idles: 'both', connectionId, resumes: resumes ?? null })
    return { sessionId: talk.attended.sessionId }
  },
  active(talk) {
    sessionOf(talk).active()
    return {}
  },
  idle(talk, { lastInputAt }) {
    sessionOf(talk).idle(lastInputAt == null ? null : instantOf(lastInputAt, 'lastInputAt'))
    return {}
  },
  leave(talk) {
    sessionOf(talk).leave()
    talk.attended = null
    return {}
  },
  ping: () => ({}),
}

function answer(talk: Talk, payload: Buffer): void {
  let id: unknown
  try {
    const said = readJson(payload) as { readonly type?: unknown; readonly id?: unknown } | null
    id = said?.id
    const type = kindOf(said)
    inspect(type, said)
    const told = ACTS[type](talk, said as never)
    if (type === 'ping') say(talk, { type: 'pong', ...(id !== undefined && { id }) })
    else if (id !== undefined || 'sessionId' in told) say(talk, { type: 'done', ...(id !== undefined && { id }), ...told })
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const named = typeof id === 'string' || typeof id === 'number' ? { id } : {}
    say(talk, { type: 'error', ...named, problem: problemOf(error) })
    if (error.code === 'unauthenticated') talk.connection.close(CLOSE.policy, 'who asks is not known')
  }
}

function kindOf(said: { readonly type?: unknown } | null): Kind {
  const type = said?.type
  if (typeof type === 'string' && Object.hasOwn(MESSAGES, type)) return type as Kind
  throw new Failure('invalid', `"type" must be one of ${Object.keys(MESSAGES).join(', ')}.`, {
    reason: 'malformed',
    field: 'type',
  })
}

/** Throws Failure `invalid`, naming the field. */
function inspect(type: Kind, said: unknown): void {
  const judged = validators.get(type)?.(said)
  if (judged !== undefined && typeof judged === 'object' && 'error' in judged && judged.error) throw judged.error
}

function assertOneOf(users: readonly string[] | undefined, everyone: boolean): void {
  if ((users !== undefined) !== everyone) return
  throw new Failure('invalid', 'Name "users", "groups" or both, or say "everyone": true.', {
    reason: 'malformed',
    field: 'users',
  })
}
