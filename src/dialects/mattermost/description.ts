import { Type } from 'typebox'
import type { DialectDescription, Refusal } from '../../http/description.ts'
import { ErrorShape } from './shapes.ts'

const error = (when: string, headers: Refusal['headers'] = {}): Refusal => ({ when, body: ErrorShape, headers })

const Count = Type.String({ pattern: '^\\d+$' })
const RETRY_AFTER = { 'Retry-After': Type.String({ pattern: '^\\d+$', description: 'Seconds until trying again may help.' }) }
const LIMIT_EXCEEDED = Type.String({ contentMediaType: 'text/plain' })

/** What the API description says of this dialect. */
export const MATTERMOST_DESCRIPTION: DialectDescription = {
  title: 'Mattermost',
  about: `Mattermost's REST API and its socket, as far as presence needs them. Log in with \`POST /api/v4/users/login\`; the answer's header
\`Token\` is the bearer token. A browser gets the cookie \`MMAUTHTOKEN\` and sends \`X-CSRF-Token\` (or \`X-Requested-With: XMLHttpRequest\`) with
whatever changes something. \`me\` stands for one's own id. Bodies are JSON, whatever their content type says.

**\`/api/v4/websocket\`** greets a client by its cookie, its header or an \`authentication_challenge\`, answers \`ping\`, \`get_statuses\`,
\`get_statuses_by_ids\` and \`user_update_active_status\`, and tells \`status_change\`, \`user_updated\` and \`preferences_changed\`.`,
  security: [
    { mattermostBearer: { type: 'http', scheme: 'bearer', description: 'A token.' } },
    {
      MMAUTHTOKEN: { type: 'apiKey', in: 'cookie', name: 'MMAUTHTOKEN', description: 'The cookie of a login in a browser.' },
      'X-CSRF-Token': {
        type: 'apiKey',
        in: 'header',
        name: 'X-CSRF-Token',
        description: 'The value of the cookie `MMCSRF`; not needed to read.',
      },
    },
  ],
  mediaTypes: { bodies: ['application/json'], answers: ['application/json'] },
  headers: { 'X-Request-Id': Type.String(), 'X-Version-Id': Type.String() },
  rateHeaders: { 'X-RateLimit-Limit': Count, 'X-RateLimit-Remaining': Count, 'X-RateLimit-Reset': Count },
  refusals: {
    400: error('What was said is not right.'),
    401: error('Nobody is logged in, or the session has ended.'),
    403: error('Whoever asks, or the token, may not do this.'),
    404: error('There is no such user, or nothing at this address.'),
    413: error('The body is too large.'),
    414: error('The address is longer than 2,048 characters.'),
    429: { when: 'Too many calls in a short time.', body: LIMIT_EXCEEDED, headers: RETRY_AFTER },
    501: error('Custom statuses are switched off.'),
    503: error('Not now: starting, ending, or the store is away.', RETRY_AFTER),
  },
  areaOf(path) {
    if (path.includes('/status')) return 'statuses'
    if (path.includes('/preferences')) return 'preferences'
    if (/log(in|out)$|\/tokens/.test(path)) return 'logging in'
    return path.startsWith('/api/v4/users') ? 'users' : 'the server'
  },
}
