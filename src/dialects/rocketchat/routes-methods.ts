import { randomInt } from 'node:crypto'
import { type Static, Type } from 'typebox'
import type { Principal, Services } from '../../core/service.ts'
import { type Call, type Route, route } from '../../http/route.ts'
import { failure, success } from './answers.ts'
import { failedResult, readMessage, result } from './ddp.ts'
import { enter } from './entering.ts'
import type { Methods } from './methods.ts'
import { methodErrorOf } from './methods-errors.ts'
import { loginResult } from './socket-account.ts'

/** Older clients mix it into the addresses of their sockets. */
const ENTROPY_MAX = 2 ** 32
const NO_CALL = 'The message is no method call'
const Called = Type.Object({ message: Type.String() })

/** Methods over HTTP: a message in, its result out, also where the method refuses. */
export function methodRoutes({ services, methods }: { readonly services: Services; readonly methods: Methods }): Route[] {
  const { authentication } = services

  async function run(
    text: string,
    principal: Principal | null,
    logIn: (said: unknown) => Promise<unknown>,
  ): Promise<string | null> {
    const message = readMessage(text)
    if (message?.msg !== 'method') return null
    const { id, method, params } = message
    const running = method === 'login' ? logIn(params[0]) : methods.call({ method, params, principal, session: null })
    return running.then(
      (value) => result(id, value),
      (error: unknown) => failedResult(id, methodErrorOf(error)),
    )
  }

  async function handle({ body, request, reply }: Call<unknown, unknown, Static<typeof Called>>, principal: Principal | null) {
    const from = { address: request.ip, origin: request.headers.origin }
    const logIn = async (said: unknown) => loginResult(services, await enter(authentication, said, from))
    const message = await run(body.message, principal, logIn)
    return message === null ? failure(reply, NO_CALL) : success({ message })
  }

  return [
    route({
      rule: 'RC-2.3-9',
      method: 'POST',
      path: '/api/v1/method.call/:name',
      access: 'user',
      rate: 'read',
      body: Called,
      handle: (call) => handle(call, call.principal),
    }),
    route({
      rule: 'RC-2.3-10',
      method: 'POST',
      path: '/api/v1/method.callAnon/:name',
      access: 'anyone',
      rate: 'login',
      body: Called,
      handle: (call) => handle(call, null),
    }),
    route({
      rule: 'RC-2.2-14',
      method: 'GET',
      path: '/sockjs/info',
      access: 'anyone',
      rate: 'none',
      handle: () => JSON.stringify({ websocket: true, origins: ['*:*'], cookie_needed: false, entropy: randomInt(ENTROPY_MAX) }),
    }),
  ]
}
