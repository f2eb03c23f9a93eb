import { Type } from 'typebox'
import type { DialectDescription, Refusal } from '../../http/description.ts'
import { MEDIA_TYPES } from './media.ts'
import { HttpErrorShape, ServiceErrorShape } from './shapes.ts'

const httpError = (when: string, headers: Refusal['headers'] = {}): Refusal => ({ when, body: HttpErrorShape, headers })
const serviceError = (when: string, headers: Refusal['headers'] = {}): Refusal => ({ when, body: ServiceErrorShape, headers })

const RETRY_AFTER = { 'Retry-After': Type.String({ pattern: '^\\d+$', description: 'Seconds until trying again may help.' }) }

/** What the API description says of this dialect. */
export const SUPEROFFICE_DESCRIPTION: DialectDescription = {
  title: 'SuperOffice',
  about: `SuperOffice's WebAPI, as far as user presence needs it. Addresses are taken in any case and behind any tenant prefix
(\`/Cust12345/api/v1/…\`). Answers are JSON or XML as \`Accept\` asks; bodies are JSON, XML or forms. \`$select\` names the fields to answer.

Presence is declared, not observed: \`StatusNormal\` is "nothing says otherwise". There are no sockets.`,
  security: [
    { superofficeBearer: { type: 'http', scheme: 'bearer', description: 'A token of Rollcall.' } },
    { basic: { type: 'http', scheme: 'basic', description: 'A username and its password.' } },
    { SOTicket: { type: 'http', scheme: 'SOTicket', description: 'A token of Rollcall, as a ticket.' } },
    {
      rollcall_session: {
        type: 'apiKey',
        in: 'cookie',
        name: 'rollcall_session',
        description: 'The cookie of `POST /v1/login` with `"cookie": true`.',
      },
      'X-XSRF-TOKEN': {
        type: 'apiKey',
        in: 'header',
        name: 'X-XSRF-TOKEN',
        description: 'The value of the cookie `XSRF-TOKEN`.',
      },
    },
  ],
  mediaTypes: {
    bodies: ['application/json', 'application/xml', 'application/x-www-form-urlencoded'],
    answers: MEDIA_TYPES,
  },
  headers: {},
  rateHeaders: {},
  refusals: {
    400: httpError('What was said is not right.'),
    401: httpError('Who asks is not known.'),
    403: serviceError('Whoever asks, or the token, may not do this.'),
    404: { when: 'There is no such user, or nothing at this address.', body: Type.Union([ServiceErrorShape, HttpErrorShape]) },
    413: httpError('The body is too large.'),
    415: httpError('The body is of a type that is not read here.'),
    429: httpError('Too many calls in a short time.', RETRY_AFTER),
    503: serviceError('Not now: starting, ending, or the store is away.', RETRY_AFTER),
  },
  areaOf: (path) => (/Presence/.test(path) ? 'presence' : /\/User\b|Associate/.test(path) ? 'users' : 'the server'),
}
