import { parse } from 'qs'
import { Failure } from '../../core/errors.ts'
import { readJson } from '../../http/json.ts'

/** Values that one name may have in an address; more refuse the request. */
export const QUERY_VALUES_MAX = 500

/**
 * The query of an address, nested names and repeated ones included. Throws Failure `invalid` beyond QUERY_VALUES_MAX.
 * `read` is the server's own reading, kept where it needs no more: qs takes longer for 200 ids than the rest of the call.
 */
export function queryOf(url: string, read: unknown): Record<string, unknown> {
  const start = url.indexOf('?')
  if (start === -1) return {}
  try {
    const options = { arrayLimit: QUERY_VALUES_MAX, throwOnLimitExceeded: true }
    return flatQuery(read) ?? parse(url.slice(start + 1), options)
  } catch (error) {
    throw new Failure('invalid', 'Invalid query parameters', { reason: 'malformed', cause: error })
  }
}

/** Null: there are names other than plain ones and plain ones with `[]`, or too many values. */
function flatQuery(read: unknown): Record<string, unknown> | null {
  const query: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(Object(read))) {
    const isList = name.endsWith('[]')
    const plain = isList ? name.slice(0, -'[]'.length) : name
    if (!/^[A-Za-z]\w*$/.test(plain) || plain in query) return null
    if (Array.isArray(value) && value.length > QUERY_VALUES_MAX) return null
    query[plain] = isList && !Array.isArray(value) ? [value] : value
  }
  return query
}

/** A body is JSON or a form; what cannot be read says nothing, as in the product. */
export function bodyOf(contentType: string | undefined, bytes: Buffer): object {
  const type = contentType?.toLowerCase()
  if (type?.includes('application/json')) return jsonOf(bytes)
  if (type?.includes('application/x-www-form-urlencoded')) return formOf(bytes)
  return {}
}

function jsonOf(bytes: Buffer): object {
  try {
    const body = readJson(bytes)
    return typeof body === 'object' && body !== null ? body : {}
  } catch {
    return {}
  }
}

const formOf = (bytes: Buffer): object => Object.fromEntries(new URLSearchParams(bytes.toString()))
