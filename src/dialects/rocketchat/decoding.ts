import { parse } from 'qs'
import { Failure } from '../../core/errors.ts'
import { readJson } from '../../http/json.ts'

/** Values that one name may have in an address; more refuse the request. */
export const QUERY_VALUES_MAX = 500

/** The query of an address, nested names and repeated ones included. Throws Failure `invalid` beyond QUERY_VALUES_MAX. */
export function queryOf(url: string): Record<string, unknown> {
  const start = url.indexOf('?')
  if (start === -1) return {}
  try {
    return parse(url.slice(start + 1), { arrayLimit: QUERY_VALUES_MAX, throwOnLimitExceeded: true })
  } catch (error) {
    throw new Failure('invalid', 'Invalid query parameters', { reason: 'malformed', cause: error })
  }
}

/** A body is JSON or a form; what cannot be read says nothing, as in the product. */
export function bodyOf(contentType: string | undefined, bytes: Buffer): object {
  if (contentType?.includes('application/json')) return jsonOf(bytes)
  if (contentType?.includes('application/x-www-form-urlencoded')) return formOf(bytes)
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
