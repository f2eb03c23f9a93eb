import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Manners } from '../../http/route.ts'
import { ENDED_COOKIE, identify } from './access.ts'
import { appError, appErrorOf, errorBody } from './errors.ts'
import { encode } from './go-json.ts'
import type { Voice } from './voice.ts'

/** The answer of what has nothing to tell. */
export const OK = '{"status":"OK"}'

/** Characters of a whole URL. */
const URL_LENGTH_MAX = 2048

/** How this product does what all do: who asks, errors, rate headers. */
export function mannersOf({ services }: Voice): Manners {
  return {
    countsCalls: 'first',
    identify: (request) => identify(request, services),
    refuse(failure, _request, reply) {
      if (failure?.reason === 'too_many_requests')
        return reply
          .code(429)
          .header('Retry-After', seconds(failure.retryAfterMs))
          .type('text/plain; charset=utf-8')
          .send('limit exceeded\n')
      const error = appErrorOf(failure)
      if (error.endsSession) reply.header('Set-Cookie', ENDED_COOKIE)
      if (failure?.retryAfterMs) reply.header('Retry-After', seconds(failure.retryAfterMs))
      return asJson(reply.code(error.status)).send(errorBody(error, String(reply.getHeader('X-Request-Id'))))
    },
    rateHeaders({ callsMax, remaining, resetAt }, reply) {
      const reset = seconds(resetAt - services.now())
      reply.headers({ 'X-RateLimit-Limit': callsMax, 'X-RateLimit-Remaining': remaining, 'X-RateLimit-Reset': reset })
    },
  }
}

/** What comes before everything else: a clean path, a URL of bearable length, and the headers that each answer has. */
export function greet(fastify: FastifyInstance, voice: Voice): void {
  const nextId = createRequestIds(() => voice.services.newId())
  fastify.addHook('onRequest', (request, reply, done) => {
    const { raw } = request
    const url = raw.url ?? ''
    const cleaned = cleanUrl(url)
    if (cleaned !== url) return void redirect(reply, cleaned)
    if (raw.headers['content-type'] !== undefined) raw.headers['content-type'] = undefined
    reply.serializer(asItIs).headers({ ...HEADERS, 'x-request-id': nextId(), 'x-version-id': voice.versionId })
    if (raw.method === 'GET') reply.header('expires', '0')
    done(url.length > URL_LENGTH_MAX ? appError('url_too_long') : undefined)
  })
}

/** What no route serves: the way to the cleaned path, or the product's own 404. A wrong method is answered in the same way. */
export function answerUnknown(request: FastifyRequest, reply: FastifyReply): unknown {
  const { originalUrl } = request
  const cleaned = cleanUrl(originalUrl)
  if (cleaned !== originalUrl) return redirect(reply, cleaned)
  const [path = ''] = originalUrl.split('?', 1)
  const body = {
    id: 'api.context.404.app_error',
    message: 'Sorry, we could not find the page.',
    detailed_error: `There doesn't appear to be an api call for the url='${path}'.  Typo? are you missing a team_id or user_id as part of the url?`,
    status_code: 404,
  }
  return asJson(reply.code(404)).send(encode(body))
}

/** No charset: clients look for exactly this content type. Where a reply has a serializer of its own, the framework adds none. */
const asJson = (reply: FastifyReply): FastifyReply => reply.serializer(asItIs).header('Content-Type', 'application/json')

const asItIs = (text: string): string => text

/** On every answer but the 404 of an unknown path. */
const HEADERS = {
  'content-type': 'application/json',
  'permissions-policy': '',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const

/** A URL whose path has no empty, `.` or `..` segments. */
function cleanUrl(url: string): string {
  if (!url.includes('//') && !url.includes('/.')) return url
  const [path, query] = split(url)
  const cleaned = cleanPath(path)
  if (cleaned === path) return url
  const escaped = cleaned.replace(UNSAFE, encodeURIComponent)
  return query === undefined ? escaped : `${escaped}?${query}`
}

/** What browsers would read as something else in a path: a `\` as a slash, which would lead to another host. */
const UNSAFE = /[\\#"<>^`{|}]/g

function cleanPath(path: string): string {
  const kept: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop()
    else if (segment !== '' && segment !== '.') kept.push(segment)
  }
  return `/${kept.join('/')}${kept.length > 0 && path.endsWith('/') ? '/' : ''}`
}

function split(url: string): [path: string, query?: string] {
  const mark = url.indexOf('?')
  return mark < 0 ? [url] : [url.slice(0, mark), url.slice(mark + 1)]
}

function redirect(reply: FastifyReply, url: string): unknown {
  const shown = url.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&#34;')
  return reply
    .code(301)
    .header('Location', url)
    .type('text/html; charset=utf-8')
    .send(`<a href="${shown}">Moved Permanently</a>.\n\n`)
}

const seconds = (ms: number | null): number => Math.max(1, Math.ceil((ms ?? 0) / 1000))

/** Ids of 26 letters and digits without asking for randomness each time: a random beginning, then a count. */
function createRequestIds(newId: () => string): () => string {
  let [beginning, count] = ['', COUNT_END]
  return () => {
    if (++count >= COUNT_END) [beginning, count] = [newId().slice(0, 20), COUNT_START]
    return beginning + count.toString(32)
  }
}

/** The counts of exactly six digits in base 32. */
const COUNT_START = 32 ** 5
const COUNT_END = 32 ** 6
