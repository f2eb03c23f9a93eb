import { gzipSync } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { Failure } from '../../core/errors.ts'
import { type Route, route } from '../../http/route.ts'
import { answerKnown, isKnown, REVALIDATED, tag } from './answers.ts'
import { fields } from './schemas.ts'
import { PageShape, ScriptShape, StyleShape } from './shapes.ts'

/** A file of the console as it was built; null: there is none of that name, or nothing was built. */
export type ConsoleFiles = (name: string) => string | null

/** What the page may load and do: its own files and calls; nothing from elsewhere, nothing written into it, no text made script. */
const CONTENT_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ')

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json; charset=utf-8',
  svg: 'image/svg+xml',
}

const ByFile = fields({ file: Type.String() })

/** The console: a page for people that stands on the public API alone. */
export function consoleRoutes(files: ConsoleFiles): readonly Route[] {
  const kept = new Map<string, Kept>()

  function answer(name: string, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const file = kept.get(name) ?? keptOf(files(name))
    if (file === null) throw new Failure('not_found', notThere(name), { reason: 'no_such_route' })
    kept.set(name, file)
    reply
      .type(TYPES[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream')
      .header('X-Content-Type-Options', 'nosniff')
      .header('Cache-Control', REVALIDATED)
      .header('Vary', 'Accept-Encoding')
    if (isKnown(file.etag, request)) return answerKnown(file.etag, reply)
    reply.header('ETag', file.etag)
    if (!/\bgzip\b(?!\s*;\s*q=0(?![.]0*[1-9]))/.test(request.headers['accept-encoding'] ?? '')) return reply.send(file.text)
    return reply.header('Content-Encoding', 'gzip').send(file.compressed)
  }

  const open = { rule: 'J1', method: 'GET', access: 'anyone', rate: 'none', refuses: [404] } as const
  return [
    route({
      ...open,
      path: '/',
      summary: 'Open the console',
      answers: { 200: PageShape, 304: null },
      answerHeaders: { 'Content-Security-Policy': Type.String() },
      handle({ request, reply }) {
        reply.header('Content-Security-Policy', CONTENT_POLICY).header('Referrer-Policy', 'no-referrer')
        return answer('index.html', request, reply)
      },
    }),
    route({
      ...open,
      path: '/console/:file',
      summary: 'Read what the console is made of',
      answers: { 200: [ScriptShape, StyleShape, PictureShape, EmojiShape], 304: null },
      params: ByFile,
      handle: ({ params, request, reply }) => answer(params.file, request, reply),
    }),
  ]
}

const PictureShape = Type.String({ contentMediaType: 'image/svg+xml' })
const EmojiShape = Type.Object({}, { title: 'EmojiTable' })

interface Kept {
  readonly text: string
  readonly etag: string
  readonly compressed: Buffer
}

const keptOf = (text: string | null): Kept | null => (text === null ? null : { ...tag(text), compressed: gzipSync(text) })

const notThere = (name: string): string =>
  name === 'index.html' ? 'The console has not been built: npm run build.' : `There is no "${name.slice(0, 100)}" here.`
