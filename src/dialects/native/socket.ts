import type { Static } from 'typebox'
import { Failure } from '../../core/errors.ts'
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
import { BATCH_USERS_MAX, MESSAGES } from './schemas.ts'
import { instantOf } from './translate.ts'
import { compileValidator } from './validation.ts'
import { socketVoice, type Voice } from './voices.ts'

/** Bytes of one message. */
const MESSAGE_BYTES_MAX = 65_536
/** Users that one connection watches. */
const WATCHED_MAX = 10_000

type Said = { readonly [Type in keyof typeof MESSAGES]: Static<(typeof MESSAGES)[Type]> }
type Kind = keyof Said

const validators = new Map(
  Object.entries(MESSAGES).map(([type, schema]) => [
    type,
    compileValidator({ schema, httpPart: 'message', method: '', url: '' }),
  ]),
)

interface SocketParts {
  readonly services: Services
  readonly fanout: Fanout
  readonly voice: Voice
  readonly ring: Ring
}

/** `/v1/socket`: watching, and being present, in JSON messages. */
export function socketRoute(services: Services, fanout: Fanout, texts: Texts): SocketRoute {
  const voice = socketVoice(texts)
  const ring = ringOf(services, fanout, voice)
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
    accept: (request, connection) =>
      converse({ services, fanout, voice, ring }, connection, request.origin, bearerOf(request, services.authentication)),
  }
}

function converse(
  { services, fanout, voice, ring }: SocketParts,
  connection: Connection,
  origin: string | undefined,
  known: Principal | null,
): SocketHandlers {
  const { authentication, people, presence } = services
  let self: Principal | null = null
  // Made with the first watch: who is only present needs none.
  let feed: Feed | null = null
  let attended: Attended | null = null

  const say = (message: object): void => connection.send(JSON.stringify(message))

  function enter(principal: Principal): void {
    if (!connection.identified(principal)) return
    self = principal
    const limits = { messageBytesMax: MESSAGE_BYTES_MAX, usersPerMessageMax: BATCH_USERS_MAX, usersWatchedMax: WATCHED_MAX }
    say({ type: 'hello', connectionId: connection.id, userId: principal.userId, limits })
  }

  function insider(): Principal {
    if (self !== null) return self
    throw new Failure('unauthenticated', 'Say who you are first: {"type":"hello","token":"…"}.', { reason: 'not_logged_in' })
  }

  function feedOf(principal: Principal): Feed {
    const { view } = presence.as(principal, 'native')
    feed ??= createFeed({ connection, principal, view, fanout, voice, ring })
    return feed
  }

  function session(): Attended {
    if (attended !== null) return attended
    throw new Failure('invalid', 'You are not present here; say "attend" first.', { reason: 'no_such_session' })
  }

  /** What each message does; what it answers goes into the acknowledgement. */
  const acts: { readonly [Type in Kind]: (said: Said[Type]) => object } = {
    hello({ token }) {
      if (self !== null) throw new Failure('conflict', 'It is known who you are.')
      const principal = authentication.byToken(token, origin)
      if (principal === null)
        throw new Failure('unauthenticated', 'This token is unknown, has ended, or may not be used from here.', {
          reason: 'not_logged_in',
        })
      enter(principal)
      return {}
    },
    watch({ users, everyone = false, since = null }) {
      const principal = insider()
      assertOneOf(users, everyone)
      if (everyone) feedOf(principal).everyone(since)
      else {
        const { known, unknown, named } = usersOf(users ?? [], principal, people)
        feedOf(principal).watch(known, unknown, since, named)
      }
      return {}
    },
    unwatch({ users, everyone = false }) {
      const principal = insider()
      assertOneOf(users, everyone)
      if (everyone) feedOf(principal).nobody()
      else feedOf(principal).unwatch(usersOf(users ?? [], principal, people).known)
      return {}
    },
    attend({ app, platform, resumes }) {
      const principal = insider()
      if (attended !== null) throw new Failure('conflict', 'You are present here already.')
      const { commands } = presence.as(principal, 'native')
      const { id: connectionId } = connection
      attended = commands.attend({ app, platform, idles: 'both', connectionId, resumes: resumes ?? null })
      return { sessionId: attended.sessionId }
    },
    active() {
      session().active()
      return {}
    },
    idle({ lastInputAt }) {
      session().idle(lastInputAt == null ? null : instantOf(lastInputAt, 'lastInputAt'))
      return {}
    },
    leave() {
      session().leave()
      attended = null
      return {}
    },
    ping: () => ({}),
  }

  function answer(payload: Buffer): void {
    let id: unknown
    try {
      const said = readJson(payload) as { readonly type?: unknown; readonly id?: unknown } | null
      id = said?.id
      const type = kindOf(said)
      inspect(type, said)
      const told = acts[type](said as never)
      if (type === 'ping') say({ type: 'pong', ...(id !== undefined && { id }) })
      else if (id !== undefined || 'sessionId' in told) say({ type: 'done', ...(id !== undefined && { id }), ...told })
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      const named = typeof id === 'string' || typeof id === 'number' ? { id } : {}
      say({ type: 'error', ...named, problem: problemOf(error) })
      if (error.code === 'unauthenticated') connection.close(CLOSE.policy, 'who asks is not known')
    }
  }

  if (known !== null) enter(known)
  return {
    message(payload, isBinary) {
      if (isBinary) connection.close(CLOSE.unsupported, 'messages are JSON text')
      else answer(payload)
    },
    farewell: (_code, reason) => JSON.stringify({ type: 'goodbye', reason, cursor: feed?.cursor ?? null }),
    closed(code, by) {
      feed?.stop()
      if (isGoodbye(code, by)) attended?.leave()
      else attended?.cut()
    },
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
  throw new Failure('invalid', 'Name either "users" or "everyone": true.', { reason: 'malformed', field: 'users' })
}
