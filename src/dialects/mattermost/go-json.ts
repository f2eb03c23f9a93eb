import { type GoTime, readTime, ZERO_TIME } from './time.ts'

/** JSON read and written as Go's encoding/json does: what the product's clients have come to rely on. */

/** What a field of a struct may hold. An absent field, or one that is `null`, is its zero. */
interface Kinds {
  string: string
  integer: bigint
  boolean: boolean
  time: GoTime
}

export type Fields = Readonly<Record<string, keyof Kinds>>
export type Decoded<F extends Fields> = { -readonly [Name in keyof F]: Kinds[F[Name]] }

const ZERO: { readonly [K in keyof Kinds]: Kinds[K] } = { string: '', integer: 0n, boolean: false, time: ZERO_TIME }

/** The first JSON value of a body as a struct; null: not decodable. Keys match in any case, the last duplicate wins. */
export function decodeStruct<F extends Fields>(body: string, fields: F): Decoded<F> | null {
  const value = firstValue(body)
  if (value === null) return null
  const decoded: Record<string, Kinds[keyof Kinds]> = {}
  for (const [name, kind] of Object.entries(fields)) decoded[name] = ZERO[kind]
  if (value === 'null') return decoded as Decoded<F>
  if (!value.startsWith('{')) return null
  const names = new Map(Object.keys(fields).map((name) => [name.toLowerCase(), name]))
  for (const [key, literal] of membersOf(value)) {
    const name = names.get(key.toLowerCase())
    const kind = name === undefined ? undefined : fields[name]
    if (name === undefined || kind === undefined || literal === 'null') continue
    const read = readLiteral(literal, kind)
    if (read === null) return null
    decoded[name] = read
  }
  return decoded as Decoded<F>
}

/** An array of strings, a `null` in it being `""`; null: not one. The value `null` is an empty array. */
export function decodeStrings(body: string): string[] | null {
  const value = parsed(body)
  if (value === null) return []
  if (!Array.isArray(value)) return null
  // Only an escape can have written half a character.
  const isWellFormed = !body.includes('\\')
  for (let index = 0; index < value.length; index++) {
    const element: unknown = value[index]
    if (typeof element === 'string' && isWellFormed) continue
    if (typeof element !== 'string' && element !== null) return null
    value[index] = element?.toWellFormed() ?? ''
  }
  return value
}

/** A map of strings: what is not a string is left out, and what is no JSON is an empty map. */
export function decodeMap(body: string): ReadonlyMap<string, string> {
  const value = parsed(body)
  const entries = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : []
  return new Map(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}

/** The elements of an array of objects, each as its JSON text; null: no array. */
export function decodeArray(body: string): string[] | null {
  const value = firstValue(body)
  if (value === 'null') return []
  return value?.startsWith('[') ? [...elementsOf(value)] : null
}

/** The first value of a body, `undefined` when there is none. */
export function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    const value = firstValue(body)
    return value === null ? undefined : JSON.parse(value)
  }
}

/** JSON text in which nothing can be taken for HTML or end a line, as Go writes it. */
export function encode(value: unknown): string {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (character) => ESCAPES[character] ?? character)
}

const ESCAPES: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
}

/** The text of the first value; what follows it is nobody's concern. Null: it is no JSON. */
function firstValue(body: string): string | null {
  const start = body.search(/[^ \t\r\n]/)
  if (start < 0) return null
  const value = body.slice(start, endOfValue(body, start))
  try {
    JSON.parse(value)
    return value
  } catch {
    return null
  }
}

/** The top-level keys of an object that is known to be JSON, each with the text of its value, in the order written. */
function* membersOf(object: string): Generator<[key: string, literal: string]> {
  let at = 1
  const skipTo = (characters: RegExp): void => {
    while (at < object.length && !characters.test(object.charAt(at))) at++
  }
  for (;;) {
    skipTo(/["}]/)
    if (object.charAt(at) !== '"') return
    const keyEnd = endOfString(object, at)
    const key = readString(object.slice(at, keyEnd))
    at = keyEnd
    skipTo(/:/)
    at++
    skipTo(/[^ \t\r\n]/)
    const end = endOfValue(object, at)
    yield [key, object.slice(at, end)]
    at = end
  }
}

/** The elements of an array that is known to be JSON, as they are written: nested as deeply as may be, they are not taken apart. */
function* elementsOf(array: string): Generator<string> {
  let at = 1
  for (;;) {
    while (/[ \t\r\n,]/.test(array.charAt(at))) at++
    if (array.charAt(at) === ']') return
    const end = endOfValue(array, at)
    yield array.slice(at, end)
    at = end
  }
}

function endOfValue(text: string, start: number): number {
  const first = text.charAt(start)
  if (first === '"') return endOfString(text, start)
  if (first === '{' || first === '[') return endOfNested(text, start)
  const scalar = /null|true|false|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y
  scalar.lastIndex = start
  return scalar.test(text) ? scalar.lastIndex : text.length
}

function endOfNested(text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const character = text.charAt(at)
    if (character === '"') at = endOfString(text, at) - 1
    else if (character === '{' || character === '[') depth++
    else if ((character === '}' || character === ']') && --depth === 0) return at + 1
  }
  return text.length
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text.charAt(at) === '\\') at++
    else if (text.charAt(at) === '"') return at + 1
  }
  return text.length
}

function readLiteral(literal: string, kind: keyof Kinds): Kinds[keyof Kinds] | null {
  switch (kind) {
    case 'string':
      return literal.startsWith('"') ? readString(literal) : null
    case 'boolean':
      return literal === 'true' || literal === 'false' ? literal === 'true' : null
    case 'time':
      return literal.startsWith('"') ? readTime(readString(literal)) : null
    case 'integer':
      return /^-?\d{1,19}$/.test(literal) && BigInt.asIntN(64, BigInt(literal)) === BigInt(literal) ? BigInt(literal) : null
  }
}

/** A string's text; half a surrogate pair is U+FFFD. */
function readString(literal: string): string {
  return String(JSON.parse(literal)).toWellFormed()
}
