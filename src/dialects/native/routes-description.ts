import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Type } from 'typebox'
import { Failure } from '../../core/errors.ts'
import type { Catalogue } from '../../http/catalogue.ts'
import { type Route, route } from '../../http/route.ts'
import { answerTagged, type Tagged, tag } from './answers.ts'
import { CONTENT_POLICY, docsPage, PAGE_SCRIPT, PAGE_STYLE } from './docs-page.ts'
import { fields } from './schemas.ts'
import { DocumentShape, PageShape, ScriptShape, StyleShape } from './shapes.ts'

const OfDialect = fields({
  dialect: Type.Optional(Type.String({ description: 'Of one dialect alone: native, rocketchat, mattermost or superoffice.' })),
})
const ByFile = fields({ file: Type.String() })

/** The API description, and a page to read it on that asks nothing of any other server. */
export function descriptionRoutes({ document, dialects }: Catalogue): readonly Route[] {
  const open = { method: 'GET', access: 'anyone', rate: 'none' } as const
  return [
    route({
      rule: 'O1',
      path: '/openapi.json',
      ...open,
      summary: 'Read this description',
      answers: { 200: DocumentShape, 304: null },
      query: OfDialect,
      handle({ query: { dialect = null }, request, reply }) {
        const written = document(dialect)
        if (written === null) throw noSuchDialect(dialects())
        return answerTagged(written, request, reply)
      },
    }),
    route({
      rule: 'O6',
      path: '/docs',
      ...open,
      summary: 'Read this description as a page',
      answers: { 200: PageShape, 304: null },
      answerHeaders: { 'Content-Security-Policy': Type.String() },
      query: OfDialect,
      handle({ query: { dialect }, request, reply }) {
        const all = dialects()
        if (dialect !== undefined && !all.some(({ name }) => name === dialect)) throw noSuchDialect(all)
        reply.header('Content-Security-Policy', CONTENT_POLICY).header('X-Content-Type-Options', 'nosniff')
        return answerTagged(tag(docsPage(all)), request, reply, HTML)
      },
    }),
    route({
      rule: 'O6',
      path: '/docs/:file',
      ...open,
      summary: 'Read what that page is made of',
      answers: { 200: [ScriptShape, StyleShape], 304: null },
      params: ByFile,
      handle({ params: { file }, request, reply }) {
        const part = partOf(file)
        if (part === null) throw new Failure('not_found', `There is no "${file}" here.`, { reason: 'no_such_route' })
        reply.header('X-Content-Type-Options', 'nosniff')
        return answerTagged(part, request, reply, file.endsWith('.css') ? CSS : SCRIPT)
      },
    }),
  ]
}

const HTML = 'text/html; charset=utf-8'
const CSS = 'text/css; charset=utf-8'
const SCRIPT = 'text/javascript; charset=utf-8'

const fromLibrary = (file: string) => () =>
  readFileSync(createRequire(import.meta.url).resolve(`swagger-ui-dist/${file}`), 'utf8')

const PARTS: Readonly<Record<string, () => string>> = {
  'page.js': () => PAGE_SCRIPT,
  'page.css': () => PAGE_STYLE,
  'swagger-ui-bundle.js': fromLibrary('swagger-ui-bundle.js'),
  'swagger-ui.css': fromLibrary('swagger-ui.css'),
}

/** Read when first asked for, then kept: two megabytes. */
const kept = new Map<string, Tagged>()

/** Null: the page has no such part. */
function partOf(file: string): Tagged | null {
  const known = kept.get(file)
  if (known !== undefined || !Object.hasOwn(PARTS, file)) return known ?? null
  const part = tag(PARTS[file]?.() ?? '')
  kept.set(file, part)
  return part
}

function noSuchDialect(dialects: ReturnType<Catalogue['dialects']>): Failure {
  const names = dialects.map(({ name }) => name).join(', ')
  return new Failure('invalid', `"dialect" must be one of ${names}.`, { reason: 'malformed', field: 'dialect' })
}
