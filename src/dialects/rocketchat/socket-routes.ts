import type { People } from '../../core/accounts.ts'
import type { SocketRoute, UpgradeRequest } from '../../realtime/connection.ts'
import { converse, type SocketShared } from './socket.ts'
import { type Form, plainForm, sockjsForm } from './socket-form.ts'
import type { SocketClient } from './socket-login.ts'
import { platformOf } from './socket-session.ts'
import { createStatusRing } from './streams-ring.ts'

/** Bytes of one message: the longest list of users to watch fits. */
const MESSAGE_BYTES_MAX = 1_048_576
/** People may look at a login page for this long, in ms, before their socket is closed. */
const IDENTIFY_MS_MAX = 600_000

const PLAIN = '/websocket'
const SOCKJS = /^\/sockjs\/[^/]+\/[^/]+\/websocket$/

/** The two kinds of sockets that clients open. */
export function socketRoutes(shared: SocketShared): SocketRoute[] {
  const taking = (matches: (path: string) => boolean, formOf: (people: People) => Form): SocketRoute => {
    const form = formOf(shared.services.people)
    const ring = createStatusRing({ ...shared, logged: form.frames.logged })
    return {
      matches,
      messageBytesMax: MESSAGE_BYTES_MAX,
      identifyMsMax: IDENTIFY_MS_MAX,
      accept: (request, connection) => converse(shared, { form, ring, client: clientOf(request), connection }),
    }
  }
  return [taking((path) => path === PLAIN, plainForm), taking((path) => SOCKJS.test(path), sockjsForm)]
}

const clientOf = ({ headers, origin }: UpgradeRequest): SocketClient => ({
  platform: platformOf(headers['user-agent'] ?? ''),
  origin,
})
