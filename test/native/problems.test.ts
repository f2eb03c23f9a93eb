import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FAILURE_CODES, FAILURE_REASONS, Failure } from '../../src/core/errors.ts'
import { BUG, METHOD_PROBLEM, problemOf } from '../../src/dialects/native/errors.ts'
import { type Server, startServer } from '../server.ts'
import { ask } from './ask.ts'

let server: Server
beforeAll(async () => {
  server = await startServer({ store: 'memory:' })
})
afterAll(() => server.stop())

const page = readFileSync(new URL('../../docs/problems.md', import.meta.url), 'utf8')
const told = [...page.matchAll(/^\| `([a-z-]+)` \| ([\d, ]+) \|/gm)].map(([, type = '', statuses = '']) => ({
  type,
  statuses: statuses.split(', ').map(Number),
}))

test('[N22] docs/problems.md tells every type that there is, with its status, and no other', () => {
  const failures = [
    ...FAILURE_CODES.map((code) => new Failure(code, '')),
    ...FAILURE_REASONS.map((reason) => new Failure('invalid', '', { reason })),
  ]
  const known = [...failures.map(problemOf), BUG, METHOD_PROBLEM].map(({ type }) => type.replace('urn:rollcall:problem:', ''))
  expect(told.map(({ type }) => type).sort()).toEqual([...new Set(known)].sort())
  for (const code of FAILURE_CODES) {
    const { type, status } = problemOf(new Failure(code, ''))
    expect(told.find((row) => type.endsWith(`:${row.type}`))?.statuses).toEqual([status])
  }
})

interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly minimum?: number
  readonly anyOf?: readonly Schema[]
}

/** One that a schema of plain fields takes. */
function example(schema: Schema): unknown {
  if (schema.anyOf !== undefined) return example(schema.anyOf[0] ?? {})
  if (schema.const !== undefined) return schema.const
  if (schema.enum !== undefined) return schema.enum[0]
  const [type = 'string'] = [schema.type].flat()
  switch (type) {
    case 'object':
      return Object.fromEntries((schema.required ?? []).map((name) => [name, example(schema.properties?.[name] ?? {})]))
    case 'array':
      return [example(schema.items ?? {})]
    case 'boolean':
      return true
    case 'integer':
    case 'number':
      return schema.minimum ?? 1
    default:
      return 'word'
  }
}

test('[N23] [N22] in every route, a field that is wrong, and one that there is not, is 400 and named', async () => {
  const { paths, components } = (await ask(server, 'GET /openapi.json?dialect=native')).body
  const found = (schema: Schema): Schema =>
    schema.$ref === undefined ? schema : components.schemas[schema.$ref.split('/').at(-1) ?? '']
  const wrong: string[] = []
  let asked = 0
  const expectNamed = async (call: string, body: unknown, field: string) => {
    asked++
    const answer = await ask(server, call, body === undefined ? {} : { body })
    const { status, field: named, detail } = answer.body ?? {}
    const isRight = status === 400 && String(named).split('.')[0] === field && String(detail).length > 10
    if (!isRight)
      wrong.push(`${call} ${JSON.stringify(body)} ${field}: ${answer.status} ${JSON.stringify(answer.body)?.slice(0, 200)}`)
  }
  for (const [path, operations] of Object.entries<Record<string, Operation>>(paths)) {
    const filled = path
      .replace('{claim}', 'call:1')
      .replaceAll(/\{user\}/g, 'me')
      .replaceAll(/\{\w+\}/g, 'none')
    for (const [method, { requestBody, parameters = [] }] of Object.entries(operations)) {
      const call = `${method.toUpperCase()} ${filled}`
      const schema = found(requestBody?.content?.['application/json']?.schema ?? {})
      const { properties } = schema
      const valid = properties === undefined ? undefined : (example(schema) as object)
      if (filled.startsWith('/v1/')) await expectNamed(`${call}?nonsense=1`, valid, 'nonsense')
      for (const { in: place, name, schema: of } of parameters)
        if (place === 'query' && of.type === 'integer') await expectNamed(`${call}?${name}=many`, valid, name)
      for (const name of Object.keys(properties ?? {})) await expectNamed(call, { ...valid, [name]: [[{}]] }, name)
      if (properties !== undefined) await expectNamed(call, { ...valid, nonsense: 1 }, 'nonsense')
    }
  }
  expect(wrong).toEqual([])
  expect(asked).toBeGreaterThan(100)
})

interface Operation {
  readonly requestBody?: { readonly content?: Readonly<Record<string, { readonly schema: Schema }>> }
  readonly parameters?: readonly { readonly in: string; readonly name: string; readonly schema: Schema }[]
}

test('[N15] [N23] half of a surrogate pair is refused with words, wherever there is text', async () => {
  const half = 'x\ud800'
  for (const [call, body, field] of [
    ['PUT /v1/presence/me/note', { text: half }, 'text'],
    ['PUT /v1/presence/me/claims/app:1', { note: { text: half } }, 'text'],
    ['POST /v1/sessions', { app: half, platform: 'x' }, 'app'],
    ['POST /v1/sessions', { app: 'x', platform: half }, 'platform'],
    ['POST /v1/tokens', { name: half }, 'name'],
    ['POST /v1/users', { username: half }, 'username'],
    ['POST /v1/users', { username: 'whole', name: half }, 'name'],
  ] as const)
    expect([call, (await ask(server, call, { body })).body]).toEqual([call, expect.objectContaining({ status: 400, field })])
})

test('[A1] [N5] nobody is called . or .., which no address could name', async () => {
  for (const body of [{ username: '.' }, { username: '..' }, { username: 'dots', id: '.' }, { username: 'dots', id: '..' }])
    expect([body, (await ask(server, 'POST /v1/users', { body })).body.status]).toEqual([body, 400])
})
