import { Type } from 'typebox'
import type { DialectDescription, Refusal } from '../../http/description.ts'
import { LoginRefusalShape, RefusalShape } from './shapes.ts'

const refusal = (when: string, headers: Refusal['headers'] = {}): Refusal => ({ when, body: RefusalShape, headers })

const Count = Type.String({ pattern: '^\\d+$' })
const RETRY_AFTER = { 'Retry-After': Type.String({ pattern: '^\\d+$', description: 'Seconds until trying again may help.' }) }

/** What the API description says of this dialect. */
export const ROCKETCHAT_DESCRIPTION: DialectDescription = {
  title: 'Rocket.Chat',
  about: `Rocket.Chat's REST API and its realtime protocol, as far as presence needs them. Log in with \`POST /api/v1/login\`, then send
\`X-Auth-Token\` and \`X-User-Id\`; any token of Rollcall works with its owner's id. Bodies are JSON or forms. A refusal has \`success: false\`.

**\`/websocket\`** speaks DDP, and so does \`/sockjs/N/ID/websocket\` in the older clients' framing: \`connect\`, \`login\`, the methods
\`UserPresence:online\`, \`UserPresence:away\`, \`UserPresence:setDefaultStatus\`, \`setUserStatus\`, \`getUserStatusText\`, and the streams
\`stream-user-presence\`, \`stream-notify-logged\` (\`user-status\`) and \`stream-notify-user\` (\`ID/userData\`).`,
  security: [
    {
      'X-Auth-Token': { type: 'apiKey', in: 'header', name: 'X-Auth-Token', description: 'A token.' },
      'X-User-Id': { type: 'apiKey', in: 'header', name: 'X-User-Id', description: "Its owner's Rocket.Chat id." },
    },
  ],
  mediaTypes: { bodies: ['application/json', 'application/x-www-form-urlencoded'], answers: ['application/json'] },
  headers: {},
  rateHeaders: { 'x-ratelimit-limit': Count, 'x-ratelimit-remaining': Count, 'x-ratelimit-reset': Count },
  refusals: {
    400: refusal('What was said is not right, or nobody is meant by it.'),
    401: { when: 'Nobody is logged in, or the token and the id are not of one user.', body: LoginRefusalShape },
    403: refusal('The user lacks a permission, or the token a scope.'),
    404: refusal('There is nothing at this address.'),
    413: refusal('The body is too large.'),
    415: refusal('The content type is none.'),
    429: refusal('Too many calls in a short time.', RETRY_AFTER),
    503: refusal('Not now: starting, ending, or the store is away.'),
  },
  areaOf(path) {
    const [, area = ''] = /^\/api\/v1\/([\w-]+)/.exec(path) ?? []
    return AREAS[area] ?? area
  },
}

const AREAS: Readonly<Record<string, string>> = {
  '': 'the server',
  login: 'logging in',
  logout: 'logging in',
  me: 'logging in',
  method: 'methods',
  settings: 'administration',
  permissions: 'administration',
  presence: 'administration',
  'custom-user-status': 'ready-made statuses',
}
