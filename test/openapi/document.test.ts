import { Validator } from '@seriousme/openapi-schema-validator'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Server, startServer } from '../server.ts'
import { sourcesUnder } from '../sources.ts'
import { operationsOf, readDocument } from './document.ts'

const DIALECTS = ['native', 'rocketchat', 'mattermost', 'superoffice']
let server: Server

beforeAll(async () => {
  server = await startServer({ store: 'memory:' })
})
afterAll(() => server.stop())

test('[O1] the document, and that of each dialect, is valid OpenAPI 3.1', async () => {
  for (const dialect of [undefined, ...DIALECTS]) {
    const { valid, errors } = await new Validator().validate({ ...(await readDocument(server, dialect)) })
    expect({ dialect, valid, errors }).toEqual({ dialect, valid: true, errors: undefined })
  }
})

test('[O1] the documents of the dialects are together the whole one', async () => {
  const whole = operationsOf(await readDocument(server)).map(({ operationId }) => operationId)
  const parts = (await Promise.all(DIALECTS.map((dialect) => readDocument(server, dialect)))).flatMap(operationsOf)
  expect(new Set(whole).size).toBe(whole.length)
  expect(parts.map(({ operationId }) => operationId).toSorted()).toEqual(whole.toSorted())
})

test('[O2] every operation says what it does, what it answers and by which parameters', async () => {
  for (const { method, address, summary, responses, parameters } of operationsOf(await readDocument(server))) {
    const inAddress = [...address.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    expect({ method, address, summary }).toEqual({ method, address, summary: expect.stringMatching(/^[A-Z].*[^.]$/) })
    expect({ method, address, successes: Object.keys(responses).filter((status) => status < '300') }).not.toMatchObject({
      successes: [],
    })
    expect(parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)).toEqual(inAddress)
  }
})

test('[O2] every route that is declared in the source is in the document, and is served', async () => {
  const operations = operationsOf(await readDocument(server))
  const declared = sourcesUnder('src/dialects', '.ts').flatMap(({ path, text }) =>
    [...text.matchAll(/\broute\(\{/g)].map((found) => `${path}:${found.index}`),
  )
  expect(operations.length).toBeGreaterThanOrEqual(declared.length)
  const served = sourcesUnder('src', '.ts').filter(({ text }) =>
    /\bfastify\s*\.\s*(?:route|get|post|put|patch|delete|all)\b\s*[<(]/.test(text),
  )
  expect(served.map(({ path }) => path)).toEqual(['src/http/route.ts'])
})

test('[O2] no operation of the document is an address that nobody serves', async () => {
  for (const { method, address, security } of operationsOf(await readDocument(server))) {
    if (security.length === 0) continue
    const { status } = await server.request(address.replace(/\{\w+\}/g, 'a'.repeat(26)), { method })
    expect({ method, address, status }).toEqual({ method, address, status: 401 })
  }
})

test('[O1] it has a tag, and is not sent again to who has it', async () => {
  const first = await server.request('/openapi.json')
  const etag = first.headers.get('etag') ?? ''
  const second = await server.request('/openapi.json', { headers: { 'If-None-Match': etag } })
  expect([first.status, second.status, await second.text()]).toEqual([200, 304, ''])
})
