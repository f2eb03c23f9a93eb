import type { Services } from '../../core/service.ts'
import { CLOSE, type Connection, isGoodbye, type SocketHandlers } from '../../realtime/connection.ts'
import type { Fanout } from '../../realtime/fanout.ts'
import type { Ring } from '../../realtime/ring.ts'
import * as ddp from './ddp.ts'
import type { Methods } from './methods.ts'
import { type BugLog, methodErrorOf } from './methods-errors.ts'
import { tellOwnDocument, type Waiting } from './socket-account.ts'
import type { Form } from './socket-form.ts'
import type { Hearts } from './socket-hearts.ts'
import { createSocketLogin, type SocketClient } from './socket-login.ts'
import { createInOrder } from './socket-order.ts'
import type { News } from './streams-news.ts'
import type { PresetEvents } from './streams-presets.ts'

/** Close codes of the protocols, beside those of ours. */
const CLOSE_OUT = { protocolError: 1002, unsupported: 1007, timeout: 4000 } as const

/** What Meteor's own clients subscribe to before anybody logs in, and wait for: here there is nothing in it. */
const EMPTY_PUBLICATIONS: ReadonlySet<string> = new Set(['meteor.loginServiceConfiguration', 'meteor_autoupdate_clientVersions'])

export interface SocketShared {
  readonly services: Services
  readonly fanout: Fanout
  readonly methods: Methods
  readonly presets: PresetEvents
  readonly news: News
  readonly hearts: Hearts
  readonly log: BugLog
}

export interface SocketOwn {
  readonly form: Form
  /** Of its form. */
  readonly ring: Ring
  readonly client: SocketClient
  readonly connection: Connection
}

type Said<Kind extends ddp.ClientMessage['msg']> = Extract<ddp.ClientMessage, { readonly msg: Kind }>

/** One client's conversation, from its greeting to its end. */
export function converse(shared: SocketShared, own: SocketOwn): SocketHandlers {
  const { services, methods, hearts, log } = shared
  const { form, connection } = own
  const send = (message: string): void => connection.send(form.write(message))
  const login = createSocketLogin({ ...shared, ...own, send })
  const inOrder = createInOrder(answer, failed)
  const heart = hearts.add({
    silent: () => send(ddp.PING),
    dead: () => connection.close(CLOSE_OUT.timeout, 'TIMEOUT'),
  })
  /** Null: the client has not said hello yet. */
  let hello: Said<'connect'> | null = null
  let document: Waiting | null = null

  for (const greeting of form.greetings) connection.send(greeting)

  function failed(error: unknown): void {
    log.error({ err: error }, 'a bug of ours')
    connection.close(CLOSE.bug)
  }

  function hear(text: string): void {
    const message = ddp.readMessage(text)
    if (message === null) connection.close(CLOSE_OUT.unsupported, 'Unsupported data')
    else if (hello === null && message.msg !== 'connect') connection.close(CLOSE_OUT.protocolError, 'Connect first')
    else if (message.msg === 'ping') send(ddp.pong(message.id))
    else if (message.msg !== 'pong' && !inOrder.take(message, text.length))
      connection.close(CLOSE.policy, 'Too many messages at once')
  }

  function answer(message: Said<'connect' | 'method' | 'sub' | 'unsub' | 'unknown'>): Promise<void> | null {
    switch (message.msg) {
      case 'connect':
        greet(message)
        return null
      case 'method':
        return call(message)
      case 'sub':
        send(subscribe(message))
        return null
      case 'unsub':
        send(login.account?.streams.unsubscribe(message.id) ?? ddp.nosub(message.id))
        return null
      case 'unknown':
        send(ddp.badRequest(message.reason))
        return null
    }
  }

  function greet(said: Said<'connect'>): void {
    const known = hello !== null
    hello = said
    if (known) send(ddp.badRequest('Already connected'))
    else if (said.version === ddp.VERSION) send(ddp.connected(connection.id))
    else {
      send(ddp.FAILED)
      connection.close(CLOSE.goodbye)
    }
  }

  function subscribe({ id, name, params }: Said<'sub'>): string {
    if (EMPTY_PUBLICATIONS.has(name)) return ddp.ready(id)
    if (login.account !== null) return login.account.streams.subscribe(id, name, params)
    return ddp.nosub(id, ddp.methodError('not-allowed', 'Log in first'))
  }

  async function call({ id, method, params }: Said<'method'>): Promise<void> {
    const { answer, done } = await run(method, params).then(
      (value) => ({ answer: ddp.result(id, value), done: true }),
      (error: unknown) => ({ answer: ddp.failedResult(id, methodErrorOf(error, log)), done: false }),
    )
    send(answer)
    send(ddp.updated(id))
    if (method === 'login' && done && login.account !== null) {
      document?.stop()
      document = tellOwnDocument(services, login.account.principal, send)
    }
    if (method === 'logout') connection.close(CLOSE_OUT.protocolError, 'Logged out')
  }

  async function run(method: string, params: readonly unknown[]): Promise<unknown> {
    if (method === 'login') return login.logIn(params[0], hello?.session ?? null)
    if (method === 'logout') return login.logOut()
    const { principal = null, session = null } = login.account ?? {}
    return methods.call({ method, params, principal, session })
  }

  return {
    message(payload, isBinary) {
      heart.heard()
      login.renew()
      const texts = isBinary ? null : form.read(payload.toString())
      if (texts === null) connection.close(CLOSE_OUT.unsupported, 'Unsupported data')
      else for (const text of texts) if (connection.isOpen()) hear(text)
    },
    closed(code, by) {
      heart.stop()
      inOrder.stop()
      document?.stop()
      login.over(isGoodbye(code, by))
    },
    farewell: form.farewell,
    late: () => connection.close(CLOSE.policy, 'Log in'),
    ended: login.ended,
  }
}
