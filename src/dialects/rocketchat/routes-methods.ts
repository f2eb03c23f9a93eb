import { randomInt } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import type { Principal } from '../../core/principal.ts'
import type { Services } from '../../core/service.ts'
import { type Call, type Route, route } from '../../http/route.ts'
import { failure, success } from './answers.ts'
import { failedResult, readMessage, result } from './ddp.ts'
import { enter } from './entering.ts'
import type { Methods } from './methods.ts'
import { methodErrorOf } from './methods-errors.ts'
import { withSuccess } from './shapes.ts'
import { loginResult } from './socket-account.ts'

/** Older clients mix it into the addresses of their sockets. */
const ENTROPY_MAX = 2 ** 32
const NO_CALL = 'The message is no method call'
const Called = Type.Object({ message: Type.String() })
const CalledShape = withSuccess('Called', {
  message: Type.String({ description: 'The result, or the error, as the realtime protocol writes it.' }),
})
const SocketsShape = Type.Object(
  { websocket: Type.Boolean(), origins: Type.Array(Type.String()), cookie_needed: Type.Boolean(), entropy: Type.Integer() },
  { additionalProperties: false, title: 'RocketChatSockets' },
)
type Asked = Call<unknown, unknown, Static<typeof Called>>

/** Methods over HTTP: a message in, its result out, also where the method refuses. */
export function methodRoutes({ services, methods }: { readonly services: Services; readonly methods: Methods }): Route[] {
  const { authentication } = services

  async function logIn(said: unknown, { ip, headers }: FastifyRequest): Promise<unknown> {
    return loginResult(services, await enter(authentication, said, { address: ip, origin: headers.origin }))
  }

  async function handle({ body, request, reply }: Asked, principal: Principal | null): Promise<string> {
    const asked = readMessage(body.message)
    if (asked?.msg !== 'method') return failure(reply, NO_CALL)
    const { id, method, params } = asked
    const running = method === 'login' ? logIn(params[0], request) : methods.call({ method, params, principal, session: null })
    const message = await running.then(
      (value) => result(id, value),
      (error: unknown) => failedResult(id, methodErrorOf(error, services.log)),
    )
    return success({ message })
  }

  return [
    route({
      rule: 'RC-2.3-9',
      method: 'POST',
      path: '/api/v1/method.call/:name',
      summary: 'Call a method of the realtime protocol',
      answers: { 200: CalledShape },
      access: 'user',
      rate: 'read',
      body: Called,
      handle: (call) => handle(call, call.principal),
    }),
    route({
      rule: 'RC-2.3-10',
      method: 'POST',
      path: '/api/v1/method.callAnon/:name',
      summary: 'Call a method without a login',
      answers: { 200: CalledShape },
      access: 'anyone',
      rate: 'login',
      body: Called,
      handle: (call) => handle(call, null),
    }),
    route({
      rule: 'RC-2.2-14',
      method: 'GET',
      path: '/sockjs/info',
      summary: 'Whether sockets are taken',
      answers: { 200: SocketsShape },
      access: 'anyone',
      rate: 'none',
      handle: () => JSON.stringify({ websocket: true, origins: ['*:*'], cookie_needed: false, entropy: randomInt(ENTROPY_MAX) }),
    }),
  ]
}
