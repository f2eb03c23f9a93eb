import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import { Failure } from '../../core/errors.ts'
import type { Principal } from '../../core/principal.ts'
import type { Services } from '../../core/service.ts'
import { type Route, route } from '../../http/route.ts'
import { answer, success } from './answers.ts'
import { enter } from './entering.ts'
import { NAME } from './ids.ts'
import { ownAccountWithPreferences } from './profiles.ts'
import { LoginShape, LogoutShape, MeShape, withSuccess } from './shapes.ts'

/** Clients turn features on by it: statuses that end came with 8.6. */
const VERSION = '8.8'

const Text = Type.Optional(Type.String())
const Who = Type.Object({ username: Text, email: Text })
const LoginBody = Type.Object(
  {
    user: Type.Optional(Type.Union([Type.String(), Who], { description: 'A username or an e-mail address.' })),
    username: Text,
    email: Text,
    password: Type.Optional(
      Type.Union([
        Type.String(),
        Type.Object({ digest: Type.String(), algorithm: Type.Literal('sha-256') }),
        Type.Object({ hashed: Type.String() }),
      ]),
    ),
    resume: Type.Optional(Type.String({ description: 'A token to go on with, instead of a password.' })),
  },
  { title: 'RocketChatCredentials' },
)
const VersionShape = withSuccess('Version', { version: Type.String() })

/** Logging in and out, and who one is. */
export function loginRoutes(services: Services): Route[] {
  const { authentication, people } = services
  const logout = {
    rule: 'RC-2.1-8',
    path: '/api/v1/logout',
    summary: 'End the token that this comes with',
    answers: { 200: LogoutShape },
    access: 'user',
    rate: 'read',
    async handle({ principal }: { readonly principal: Principal }) {
      await authentication.logout(principal)
      return JSON.stringify({ status: 'success', data: { message: "You've been logged out!" } })
    },
  } as const
  return [
    route({
      rule: 'RC-2.1-1',
      method: 'POST',
      path: '/api/v1/login',
      summary: 'Log in',
      answers: { 200: LoginShape },
      refuses: [401, 429],
      reads: { body: LoginBody },
      access: 'anyone',
      rate: 'login',
      async handle({ body, request, reply }) {
        const from = { address: request.ip, origin: request.headers.origin }
        const entered = await enter(authentication, body, from).catch((error: unknown) => refuseLogin(error, reply))
        if (typeof entered === 'string') return entered
        const { token, principal } = entered
        const me = await ownAccountWithPreferences(services, principal, request)
        const data = { userId: people.idIn(NAME, principal.userId), authToken: token, me }
        return success({ status: 'success', data })
      },
    }),
    route({ ...logout, method: 'POST' }),
    route({ ...logout, method: 'GET' }),
    route({
      rule: 'RC-2.1-10',
      method: 'GET',
      path: '/api/v1/me',
      summary: 'Read one’s own account',
      answers: { 200: MeShape },
      access: 'user',
      rate: 'read',
      handle: async ({ principal, request }) => success(await ownAccountWithPreferences(services, principal, request)),
    }),
    route({
      rule: 'RC-2.1-11',
      method: 'GET',
      path: '/api/info',
      summary: 'Read the version',
      answers: { 200: VersionShape },
      access: 'anyone',
      rate: 'none',
      handle: () => success({ version: VERSION }),
    }),
  ]
}

/** An unknown user and a wrong password are one answer; anything that is no login failure goes the usual way. */
function refuseLogin(error: unknown, reply: FastifyReply): string {
  if (!(error instanceof Failure)) throw error
  if (error.reason === 'deactivated') return refuseWith(reply, 'error-user-is-not-activated', 'User is not activated')
  if (error.code === 'invalid') return refuseWith(reply, 400, error.message)
  if (error.code !== 'unauthenticated') throw error
  const resumed = error.reason === null
  return resumed ? refuseWith(reply, 403, error.message) : refuseWith(reply, 'Unauthorized', 'Unauthorized')
}

const refuseWith = (reply: FastifyReply, error: string | number, message: string): string =>
  answer(reply, 401, { success: false, error, status: 'error', message })
