import { Failure } from '../../core/errors.ts'
import { readInt32 } from './ids.ts'
import type { SettableStatus, StatusToSet } from './translate.ts'

/** Characters of a Message, counted as UTF-16 units, as the product's column does. */
export const MESSAGE_LENGTH_MAX = 255

const SETTABLE: ReadonlyMap<string, SettableStatus> = new Map([
  ['statusnormal', 'StatusNormal'],
  ['statusnotavailable', 'StatusNotAvailable'],
])

/** A field of an object by its name in any case, the last one where several match; undefined: there is none. */
export function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const wanted = name.toLowerCase()
  return Object.entries(value).findLast(([key]) => key.toLowerCase() === wanted)?.[1]
}

/** Reads `{Status, Message}`; half a surrogate pair is U+FFFD. Throws Failure `invalid`, except for the length of a Message: an echo may be longer. */
export function readStatus(value: unknown): StatusToSet {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid('UserPresenceStatus', 'The request has no UserPresenceStatus.')
  const [status, message = null] = [fieldOf(value, 'Status'), fieldOf(value, 'Message')]
  const settable = typeof status === 'string' ? SETTABLE.get(status.toLowerCase()) : undefined
  if (settable === undefined) throw invalid('Status', 'The field Status must be StatusNormal or StatusNotAvailable.')
  if (message !== null && typeof message !== 'string') throw invalid('Message', 'The field Message must be a string.')
  return { status: settable, message: message?.toWellFormed() ?? null }
}

/** The int32 that a call is about. Throws Failure `invalid` when there is none. */
export function readId(value: unknown, name: string): number {
  const id = typeof value === 'number' || typeof value === 'string' ? readInt32(String(value).trim()) : null
  if (id !== null) return id
  throw invalid(name, `The parameters dictionary contains a null entry for parameter '${name}' of type 'System.Int32'.`)
}

/** The value with every field that `$select` does not name set to null; names are taken in any case. */
export function selected<T extends object>(value: T, select: unknown): object {
  const names = [select]
    .flat()
    .join(',')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  if (names.length === 0) return value
  const wanted = new Set(names.map((name) => name.split('/', 1)[0]))
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, wanted.has(name.toLowerCase()) ? inner : null]))
}

export function invalid(field: string, message: string): Failure {
  return new Failure('invalid', message, { reason: 'malformed', field })
}
