import { Type } from 'typebox'
import type { TokenDescription } from '../../core/accounts.ts'
import type { Principal } from '../../core/principal.ts'
import type { Services } from '../../core/service.ts'
import { type Route, route } from '../../http/route.ts'
import { refusal, success } from './answers.ts'
import { TOKEN_LENGTH } from './entering.ts'
import { DoneShape, TokenShape, TokensShape } from './shapes.ts'
import { timeText } from './translate.ts'
import { closed, NullableBoolean } from './validation.ts'

const TokenName = Type.Object({ tokenName: Type.String() }, closed)
const NewToken = Type.Object({ tokenName: Type.String(), bypassTwoFactor: Type.Optional(NullableBoolean) }, closed)

/** Personal access tokens: one's own, known by their names. There is no second factor to bypass. */
export function tokenRoutes({ administration }: Services): Route[] {
  const personal = async (principal: Principal): Promise<TokenDescription[]> =>
    (await administration.as(principal).tokens(principal.userId)).filter(({ kind }) => kind === 'personal')
  const find = async (principal: Principal, name: string): Promise<TokenDescription | undefined> =>
    (await personal(principal)).find((token) => token.name === name)
  const create = async (principal: Principal, name: string): Promise<string> => {
    const made = await administration.as(principal).createToken({ kind: 'personal', name, tokenLength: TOKEN_LENGTH })
    return success({ token: made.token })
  }
  return [
    route({
      rule: 'RC-2.1-12',
      method: 'POST',
      path: '/api/v1/users.generatePersonalAccessToken',
      summary: 'Make a personal access token',
      answers: { 200: TokenShape },
      access: 'user',
      rate: 'read',
      body: NewToken,
      async handle({ body: { tokenName }, principal, reply }) {
        if ((await find(principal, tokenName)) === undefined) return create(principal, tokenName)
        const reason = 'A token with this name already exists'
        return refusal(reply, { code: 'error-token-already-exists', reason, details: methodOf('generateToken') })
      },
    }),
    route({
      rule: 'RC-2.1-15',
      method: 'POST',
      path: '/api/v1/users.regeneratePersonalAccessToken',
      summary: 'Replace a personal access token',
      answers: { 200: TokenShape },
      access: 'user',
      rate: 'read',
      body: TokenName,
      async handle({ body: { tokenName }, principal, reply }) {
        const token = await find(principal, tokenName)
        if (token === undefined) return refusal(reply, { ...NO_SUCH_TOKEN, details: methodOf('regenerateToken') })
        await administration.as(principal).deleteToken(principal.userId, token.id)
        return create(principal, tokenName)
      },
    }),
    route({
      rule: 'RC-2.1-13',
      method: 'GET',
      path: '/api/v1/users.getPersonalAccessTokens',
      summary: 'List one’s own personal access tokens',
      answers: { 200: TokensShape },
      access: 'user',
      rate: 'read',
      handle: async ({ principal }) => success({ tokens: (await personal(principal)).map(describe) }),
    }),
    route({
      rule: 'RC-1.7-9',
      method: 'POST',
      path: '/api/v1/users.removePersonalAccessToken',
      summary: 'End a personal access token',
      answers: { 200: DoneShape },
      access: 'user',
      rate: 'read',
      body: TokenName,
      async handle({ body: { tokenName }, principal, reply }) {
        const token = await find(principal, tokenName)
        if (token === undefined) return refusal(reply, { ...NO_SUCH_TOKEN, details: methodOf('removeToken') })
        await administration.as(principal).deleteToken(principal.userId, token.id)
        return success()
      },
    }),
  ]
}

const NO_SUCH_TOKEN = { code: 'error-token-does-not-exists', reason: 'Token does not exist' }

const methodOf = (name: string) => ({ method: `personalAccessTokens:${name}` })

const describe = ({ name, createdAt, tail }: TokenDescription) => ({
  name,
  createdAt: timeText(createdAt),
  lastTokenPart: tail,
  bypassTwoFactor: false,
})
