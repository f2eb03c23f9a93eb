import type { FastifyRequest } from 'fastify'

/** How the routes spell the words of an address; any case is taken. */
const WORDS: ReadonlyMap<string, string> = new Map(
  'v1 state User UserPresenceStatus currentPrincipal currentAssociate Agents Associate GetUserPresenceStatus SetUserPresenceStatus GetUser GetAssociate'
    .split(' ')
    .map((word) => [word.toLowerCase(), word]),
)

/** First segments under /api/v1/ that are another product's, as is any with a dot. */
const FOREIGN = new Set(['me', 'login', 'logout', 'settings', 'method.call'])

/** What is served under `v1/`; anything else is left as it is, lest it be led to another product's route. */
const AREAS: ReadonlySet<string | undefined> = new Set([undefined, 'user', 'agents'])

/** Prefixes, the segment that ends in `api`, and what follows it. */
const PLACE = /^((?:\/[^/]+)*?)\/([^/]*api)(?:\/(.*))?$/is

/** Most requests of all: other products' addresses, and this one's most frequent reading as its clients spell it. */
const LEFT = /^\/(?:v1\/|api\/v4\/|api\/v1\/(?:\w+\.|User\/\d+\/UserPresenceStatus$))/

/** The address as the routes have it; null: not ours, or spelt so already. Tenant prefixes go, the query stays. */
export function respell(url: string): string | null {
  if (LEFT.test(url)) return null
  const queryAt = url.indexOf('?')
  const [path, query] = queryAt < 0 ? [url, ''] : [url.slice(0, queryAt), url.slice(queryAt)]
  const rest = restOf(path)
  if (rest === null || !/^(?:$|v1(?:\/|$)|state\/)/i.test(rest)) return null
  const segments = rest.split('/').filter((segment) => segment !== '')
  const isState = segments[0]?.toLowerCase() === 'state'
  if (!isState && !AREAS.has(segments[1]?.toLowerCase())) return null
  const spelt = segments.map((segment, at) => (isState && at > 0 ? segment : (WORDS.get(segment.toLowerCase()) ?? segment)))
  return `${['/api', ...spelt].join('/')}${query}`
}

/** Whether a path is answered in this product's form. */
export function owns(path: string): boolean {
  return restOf(path) !== null
}

/** Everything before the API's own paths, with scheme and host: `http://host/Cust12345/api`. */
export function apiRoot(request: FastifyRequest): string {
  return `${origin(request)}${rootPath(request)}`
}

/** The tenant that the address names; empty: none. */
export function tenantOf(request: FastifyRequest): string {
  return rootPath(request).split('/').at(-2) ?? ''
}

/** Scheme and host as the caller knows them. */
export function origin(request: FastifyRequest): string {
  return `${request.protocol}://${request.host}`
}

/** What follows the API's own segment; null: the address is another product's. */
function restOf(path: string): string | null {
  const [, prefix, segment = '', rest = ''] = PLACE.exec(path) ?? []
  if (prefix === undefined || /^\/v1(?:\/|$)/i.test(prefix)) return null
  const first = rest.split('/', 2)
  if (segment.toLowerCase() !== 'api') return /^(?:v1|state)$/i.test(first[0] ?? '') ? rest : null
  return prefix === '' && isForeign(first[0]?.toLowerCase() ?? '', first[1]?.toLowerCase() ?? '') ? null : rest
}

function isForeign(version: string, first: string): boolean {
  if (version === 'v1') return first.includes('.') || FOREIGN.has(first)
  return version === 'v4' || version === 'info'
}

function rootPath(request: FastifyRequest): string {
  const path = request.originalUrl.split('?', 1)[0] ?? ''
  const [, prefix, segment] = PLACE.exec(path) ?? []
  return segment === undefined ? '/api' : `${prefix}/${segment}`
}
