import { STATUS_CODES } from 'node:http'
import { type TSchema, Type } from 'typebox'
import type { DialectDescription, Headers, SecurityWay } from './description.ts'
import { addressOf, parametersOf } from './openapi-parameters.ts'
import { createComponents, type Json, type WriteSchema } from './openapi-schemas.ts'
import type { Body, Route } from './route.ts'

/** A dialect with the routes that are served of it. */
export interface Described {
  readonly name: string
  readonly description: DialectDescription
  readonly routes: readonly Route[]
}

export interface DocumentParts {
  readonly version: string
  readonly dialects: readonly Described[]
}

/** The API description of these dialects as one OpenAPI 3.1 document. Throws when routes contradict each other. */
export function documentOf({ version, dialects }: DocumentParts): Json {
  const components = createComponents()
  const paths: Record<string, Record<string, Json>> = {}
  const tags = new Map<string, string>()
  const responses: Record<string, Json> = {}
  for (const dialect of dialects) {
    const { description, routes } = dialect
    Object.assign(responses, refusalsIn(dialect, components.write))
    for (const route of routes) {
      const address = addressOf(route.path)
      const operation = operationOf(route, dialect, components.write)
      paths[address] = { ...paths[address], [route.method.toLowerCase()]: operation }
      tags.set(tagOf(route, description), description.title)
    }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Rollcall', version, description: wordsOf(dialects) },
    servers: [{ url: '/' }],
    tags: [...tags.keys()].map((name) => ({ name })),
    'x-tagGroups': dialects.map(({ description }) => ({
      name: description.title,
      tags: [...tags].filter(([, group]) => group === description.title).map(([name]) => name),
    })),
    paths,
    components: { schemas: components.schemas(), responses, securitySchemes: schemesOf(dialects) },
  }
}

function operationOf(route: Route, dialect: Described, write: WriteSchema): Json {
  const { description } = dialect
  const body = route.body ?? route.reads?.body
  return {
    operationId: operationId(route),
    tags: [tagOf(route, description)],
    summary: route.summary,
    security: route.access === 'anyone' ? [] : description.security.map(named),
    parameters: parametersOf(route, write),
    ...(body !== undefined && {
      requestBody: {
        required: (route.body !== undefined && !('default' in body)) || requires(body),
        content: contentOf(body, description.mediaTypes.bodies, write),
      },
    }),
    responses: { ...answersOf(route, description, write), ...refusalsOf(route, dialect) },
  }
}

function answersOf(route: Route, { headers, rateHeaders, mediaTypes }: DialectDescription, write: WriteSchema): Json {
  const usual = { ...headers, ...(isCounted(route) && rateHeaders) }
  const tagged = 304 in route.answers ? TAGGED : {}
  const answers = Object.entries(route.answers).map(([status, body]) => {
    const always = { ...(status < '400' && tagged), ...(status < '300' && route.answerHeaders) }
    const headers = { ...headersOf(usual, write, false), ...headersOf(always, write, true) }
    const content = body === null ? {} : { content: contentOf(body, mediaTypes.answers, write) }
    return [status, { description: STATUS_CODES[status], headers, ...content }]
  })
  return Object.fromEntries(answers)
}

const TAGGED: Headers = { ETag: Type.String({ description: 'Differs exactly when the answer does.' }) }

/** Every refusal of a dialect, to be referred to. */
function refusalsIn({ name, description }: Described, write: WriteSchema): Json {
  const refusals = Object.entries(description.refusals).map(([status, { when, body, headers }]) => [
    `${name}${status}`,
    {
      description: when,
      headers: headersOf({ ...description.headers, ...headers }, write, false),
      ...(body !== null && { content: contentOf(body, description.mediaTypes.answers, write) }),
    },
  ])
  return Object.fromEntries(refusals)
}

function refusalsOf(route: Route, { name, description }: Described): Json {
  const statuses = [...new Set([...(route.refuses ?? []), ...broughtBy(route)])].filter(
    (status) => status in description.refusals && !(status in route.answers),
  )
  return Object.fromEntries(statuses.map((status) => [status, { $ref: `#/components/responses/${name}${status}` }]))
}

/** The refusals that a declaration brings with it; a dialect has some of them. */
function broughtBy({ access, method, params, query, rate, path }: Route): number[] {
  return [
    414,
    503,
    ...(access === 'user' ? [401, 403] : []),
    ...(rate === 'read' || rate === 'set' ? [429] : []),
    ...(params || query ? [400] : []),
    ...(path.includes('/:') ? [404] : []),
    ...(method === 'GET' ? [] : [400, 413, 415]),
  ]
}

const isCounted = ({ rate }: Route): boolean => rate === 'read' || rate === 'set'

function contentOf(body: Body, usual: readonly string[], write: WriteSchema): Json {
  const contents = [body].flat().flatMap((schema) => {
    const { contentMediaType } = schema as { readonly contentMediaType?: string }
    const types = contentMediaType === undefined ? usual : [contentMediaType]
    return types.map((type) => [type, { schema: write(schema) }])
  })
  return Object.fromEntries(contents)
}

function headersOf(headers: Headers, write: WriteSchema, required: boolean): Json {
  return Object.fromEntries(Object.entries(headers).map(([name, schema]) => [name, { required, schema: write(schema) }]))
}

/** `GET /v1/presence/:user/note` is `getV1PresenceUserNote`. */
function operationId({ method, path }: Route): string {
  const words = addressOf(path).match(/[A-Za-z0-9]+/g) ?? []
  return method.toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
}

const tagOf = ({ path }: Route, { title, areaOf }: DialectDescription): string => `${title}: ${areaOf(path)}`

const named = (way: SecurityWay): Json => Object.fromEntries(Object.keys(way).map((name) => [name, []]))

const schemesOf = (dialects: readonly Described[]): Json =>
  Object.assign({}, ...dialects.flatMap(({ description }) => description.security))

const requires = (body: TSchema): boolean => {
  const { required } = body as { readonly required?: readonly string[] }
  return required !== undefined && required.length > 0
}

const ABOUT = `One presence server that speaks everybody's dialect: a status that was set through any of these APIs shows in all of them.
A token works in every one of them, whichever gave it.`

const wordsOf = (dialects: readonly Described[]): string =>
  [ABOUT, ...dialects.map(({ description }) => `## ${description.title}\n\n${description.about}`)].join('\n\n')
