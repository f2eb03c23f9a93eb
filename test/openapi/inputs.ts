import fc from 'fast-check'
import type { OpenApi, Operation, Parameter } from './document.ts'
import { NASTY_BODIES, NASTY_TEXTS } from './nasty.ts'
import { createValues, type Known, recordOf, type Values } from './values.ts'

/** What is sent to one operation. */
export interface Input {
  readonly as: 'admin' | 'ann' | null
  /** The address with its query, as it goes over the wire. */
  readonly path: string
  /** Whether each part of the address is a plain one, so that it leads to this operation and no other. */
  readonly isPlain: boolean
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
}

/** Inputs of an operation: most are as the document says, others break it in one place or altogether. */
export function inputsOf(operation: Operation, document: OpenApi, known: Known): fc.Arbitrary<Input> {
  const values = createValues(document, known)
  const nasty = fc.constantFrom(...NASTY_TEXTS)
  const in_ = (place: Parameter['in']) =>
    operation.parameters
      .filter((parameter) => parameter.in === place)
      .map(({ name, required, schema }) => ({ name, required, value: often(values.fitting(schema, name).map(String), nasty) }))
  const parts = fc.record({
    as: fc.constantFrom('admin', 'admin', 'admin', 'admin', 'ann', null),
    segments: recordOf(in_('path')),
    query: recordOf(in_('query')),
    headers: recordOf(in_('header')),
    odd: often(fc.constant(null), fc.tuple(nasty, nasty)),
    body: bodyOf(operation, values),
  })
  return parts.map(({ as, segments, query, headers, odd, body }) => {
    const words = Object.entries(segments)
    const address = words.reduce((path, [name, word]) => path.replace(`{${name}}`, () => encoded(word)), operation.address)
    return {
      as,
      path: address + search([...Object.entries(query), ...(odd === null ? [] : [odd])]),
      isPlain: words.every(([, word]) => /^[\w:@-]+$/.test(word)),
      headers: {
        ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, inHeader(value)])),
        ...(body.type !== null && { 'Content-Type': body.type }),
      },
      body: body.text,
    }
  })
}

interface Sent {
  readonly type: string | null
  readonly text: string | undefined
}

function bodyOf({ requestBody }: Operation, { fitting, breaking }: Values): fc.Arbitrary<Sent> {
  const none = fc.constant<Sent>({ type: null, text: undefined })
  if (requestBody === undefined) return often(none, fc.constant({ type: 'application/json', text: '{}' }))
  const contents = Object.entries(requestBody.content)
  const written = contents.flatMap(([type, { schema }]) => {
    const write = (value: unknown): Sent => ({ type, text: asText(type, value) })
    return [
      { weight: 8, arbitrary: fitting(schema).map(write) },
      { weight: 3, arbitrary: breaking(schema).map(write) },
    ]
  })
  const types = fc.constantFrom(...contents.map(([type]) => type), 'text/plain', 'application/json; charset=utf-16', 'nonsense')
  const raw = fc.record({ type: types, text: fc.constantFrom(...NASTY_BODIES) })
  return fc.oneof(...written, { weight: 2, arbitrary: raw }, { weight: 1, arbitrary: none })
}

function asText(type: string, value: unknown): string {
  const fields = Object.entries(Object(value)).map(
    ([name, field]) => [name, typeof field === 'string' ? field : written(field)] as const,
  )
  if (type === 'application/x-www-form-urlencoded') return search(fields).slice(1)
  if (type === 'application/xml') return `<Body>${fields.map(([name, field]) => `<${name}>${field}</${name}>`).join('')}</Body>`
  return type === 'application/x-ndjson' ? `${String(value)}\n` : written(value)
}

const often = <T>(usual: fc.Arbitrary<T>, odd: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 11, arbitrary: usual }, { weight: 1, arbitrary: odd })

const written = (value: unknown): string => JSON.stringify(value) ?? ''

const search = (fields: readonly (readonly [string, string])[]): string =>
  fields.length === 0 ? '' : `?${fields.map(([name, value]) => `${encoded(name)}=${encoded(value)}`).join('&')}`

/** Percent-encoded; half a surrogate pair as the bytes that it would have, and what only looks encoded as it is. */
function encoded(text: string): string {
  if (/^%(?:zz|00|2F)?$/.test(text)) return text
  return text.isWellFormed() ? encodeURIComponent(text) : '%ED%A0%80'
}

/** What a header may hold at all. */
const inHeader = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').trim()
