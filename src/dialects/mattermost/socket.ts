import { Failure } from '../../core/errors.ts'
import type { Principal } from '../../core/principal.ts'
import {
  CLOSE,
  type Connection,
  type Refusal,
  type SocketHandlers,
  type SocketRoute,
  type UpgradeRequest,
} from '../../realtime/connection.ts'
import type { Fanout } from '../../realtime/fanout.ts'
import { TOKEN_LENGTH_MAX, tokenIn } from './access.ts'
import { APP_ERRORS, errorBody } from './errors.ts'
import { createActions } from './socket-actions.ts'
import { replyFrame } from './socket-frames.ts'
import { type Client, clientOf, createListening, type Listening } from './socket-listening.ts'
import { REQUEST_BYTES_MAX, readBinary, readText } from './socket-requests.ts'
import type { Voice } from './voice.ts'

const PATH = '/api/v4/websocket'
/** How long a client may take to say who it is, in ms. */
const IDENTIFY_MS_MAX = 5_000

/** Where this product's clients connect to hear of changes. */
export function createSocketRoute(voice: Voice, fanout: Fanout): SocketRoute {
  const { authentication, newId, log } = voice.services
  const answer = createActions(voice)
  const listen = createListening(voice, fanout)

  /** Of the request nothing stays: a connection lives long. */
  function accept(request: UpgradeRequest, connection: Connection): SocketHandlers {
    return handlersOf(connection, clientOf(request), tokenIn(request.headers).token)
  }

  function handlersOf(connection: Connection, client: Client, inUpgrade: string): SocketHandlers {
    let listening: Listening | null = null
    const principalBy = (token: string): Principal | null =>
      token === '' ? null : authentication.byToken(token.slice(0, TOKEN_LENGTH_MAX), client.origin)
    const enter = (principal: Principal, how: 'returning' | 'new'): void => {
      try {
        listening = listen(principal, client, connection, how)
      } catch (error) {
        if (!(error instanceof Failure)) log.error({ err: error }, 'a bug of ours')
        connection.terminate()
      }
    }
    const challenged = (token: unknown, seq: number): void => {
      if (listening !== null) return
      const principal = typeof token === 'string' ? principalBy(token) : null
      if (principal === null) connection.terminate()
      else {
        enter(principal, 'new')
        connection.send(replyFrame(seq))
      }
    }
    const known = principalBy(inUpgrade)
    if (known !== null) enter(known, 'returning')
    return {
      message(payload, isBinary) {
        const asked = isBinary ? readBinary(payload) : readText(payload.toString())
        if (asked === null) return connection.close(CLOSE.unsupported)
        if (asked.action === 'authentication_challenge') challenged(asked.content['token'], asked.seq)
        else if (listening !== null) answer(listening, asked)
      },
      closed: (code, by) => listening?.closed(code, by),
      ended() {
        listening?.ended()
        connection.close(CLOSE.policy)
      },
    }
  }
  return {
    matches: (path) => path === PATH || path === `${PATH}/`,
    messageBytesMax: REQUEST_BYTES_MAX,
    identifyMsMax: IDENTIFY_MS_MAX,
    refuse: ({ foreign }) => (foreign ? foreignPage(newId()) : null),
    accept,
  }
}

/** A browser sends its cookies along whichever page asks. */
const foreignPage = (requestId: string): Refusal => ({
  status: 403,
  headers: { 'Content-Type': 'application/json' },
  body: errorBody(APP_ERRORS.foreign_page, requestId),
})
