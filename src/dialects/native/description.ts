import { Type } from 'typebox'
import type { DialectDescription, Refusal } from '../../http/description.ts'
import { ProblemShape } from './shapes.ts'

const PROBLEM = { ...ProblemShape, contentMediaType: 'application/problem+json' }
const RETRY_AFTER = { 'Retry-After': Type.String({ pattern: '^\\d+$', description: 'Seconds until trying again may help.' }) }
const CHALLENGE = { 'WWW-Authenticate': Type.String({ pattern: '^Bearer ' }) }

const problem = (when: string, headers: Refusal['headers'] = {}): Refusal => ({ when, body: PROBLEM, headers })

/** What the API description says of this dialect. */
export const NATIVE_DESCRIPTION: DialectDescription = {
  title: 'Rollcall',
  about: `Rollcall's own API. Log in with \`POST /v1/login\`, then send \`Authorization: Bearer TOKEN\`; no token is read from an address.
A user is named by id, by username or as \`me\`. Times are RFC 3339: any offset in, UTC with milliseconds out. A refusal is a problem
document (RFC 9457) whose \`type\` is stable. A field that a body or query does not have is refused.

**\`GET /v1/stream\`** answers server-sent events: \`snapshot\`, then a \`presence\` for each user, then \`presence\` and \`removed\` as things
change, each round ending with \`cursor\`, whose \`id\` is the cursor. \`reset\` comes when a cursor is of another store, \`goodbye\` when
the server ends the stream. Come back with \`Last-Event-ID\` or \`since\` and only what differs is told.

**\`/v1/socket\`** is a WebSocket of JSON messages. Say who asks with the bearer header or, within 10 s, with
\`{"type":"hello","token":"…"}\`. Then \`watch\` and \`unwatch\` (\`users\`, \`groups\` or \`everyone\`, maybe \`since\`),
\`until-free\` (a \`user\` or a \`group\`; told once, by \`free\` or \`gone\`), \`attend\` (\`app\`, \`platform\`, maybe
\`resumes\`), \`active\`, \`idle\` (maybe \`lastInputAt\`), \`leave\` and \`ping\`; an \`id\` in a message comes back with its answer. The server says
\`hello\`, \`snapshot\`, \`presence\`, \`removed\`, \`cursor\`, \`reset\`, \`attending\`, \`pong\`, \`error\` (with a problem document) and \`goodbye\`.`,
  security: [
    { bearer: { type: 'http', scheme: 'bearer', description: 'A token of any login, or one made with `POST /v1/tokens`.' } },
  ],
  mediaTypes: { bodies: ['application/json'], answers: ['application/json'] },
  headers: {},
  rateHeaders: {},
  refusals: {
    400: problem('What was said is not right; `field` names what.'),
    401: problem('Who asks is not known, or the token is not accepted any more.', CHALLENGE),
    403: problem('Whoever asks, or the token, may not do this.'),
    404: problem('What the address names is not there.'),
    409: problem('It conflicts with what there is.'),
    412: problem('What was to be changed is not as the caller saw it.'),
    413: problem('The body is too large.'),
    415: problem('The body is of another type than is read here.'),
    422: problem('An earlier request with this `Idempotency-Key` said something else.'),
    429: problem('Too many calls in a short time.', RETRY_AFTER),
    501: problem('It is switched off, or this store does not offer it.'),
    503: problem('Not now: starting, ending, or the store is away.', RETRY_AFTER),
  },
  areaOf(path) {
    const [, first = '', second = ''] = path.split(/[/:]+/)
    return first === 'v1' ? (AREAS[second] ?? second) : 'the server'
  },
}

const AREAS: Readonly<Record<string, string>> = {
  login: 'logging in',
  logout: 'logging in',
  tokens: 'logging in',
  stream: 'presence',
  settings: 'administration',
  permissions: 'administration',
  backup: 'administration',
  export: 'administration',
  healthz: 'the server',
  audit: 'administration',
}
