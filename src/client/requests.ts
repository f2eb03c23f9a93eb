import { Failure, type FailureCode, type FailureReason } from '../core/errors.ts'

/** How long a server may take to begin its answer, in ms. */
const ANSWER_MS_MAX = 30_000

/** JSON that the server gave. */
// biome-ignore lint/suspicious/noExplicitAny: its shape is the API's, and a newer server may say more
export type Answer = any

export interface CallOptions {
  /** The tag that what is changed must still have; else it is refused: `conflict` changed_meanwhile. */
  readonly ifMatch?: string
  /** Told the tag of the answer, if it has one. */
  readonly tagged?: (etag: string) => void
}

export interface Requests {
  /** Sends JSON and reads JSON; null: there is no body. Throws Failure for any answer that is not 2xx, and when none comes. */
  call(method: string, path: string, body?: unknown, options?: CallOptions): Promise<Answer>
  /** The body as it comes. Throws as `call`. */
  read(path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>
}

/** Requests of one token; null: nobody's yet. */
export function createRequests(url: string, token: string | null): Requests {
  async function ask(path: string, init: RequestInit): Promise<Response> {
    const headers = { ...(token !== null && { Authorization: `Bearer ${token}` }), ...(init.headers as Record<string, string>) }
    const address = new URL(path, url)
    // The token is for this server alone, whatever a path says.
    if (address.origin !== new URL(url).origin)
      throw new Failure('invalid', `"${path}" is no path of ${url}.`, { reason: 'malformed', field: 'path' })
    const response = await fetch(address, { ...init, headers }).catch((error: unknown) => {
      throw new Failure('unavailable', `No server answers at ${url}.`, { cause: error })
    })
    if (response.ok) return response
    throw refusalOf(response.status, await response.text().catch(() => ''), response.headers.get('Retry-After'))
  }
  return {
    async call(method, path, body, { ifMatch, tagged } = {}) {
      const content = body === undefined ? {} : { body: JSON.stringify(body) }
      const headers = {
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
        ...(ifMatch !== undefined && { 'If-Match': ifMatch }),
      }
      const response = await ask(path, { method, signal: AbortSignal.timeout(ANSWER_MS_MAX), headers, ...content })
      const etag = response.headers.get('ETag')
      if (etag !== null) tagged?.(etag)
      const text = await response.text()
      return text === '' ? null : JSON.parse(text)
    },
    async read(path, signal) {
      const { body } = await ask(path, { signal, cache: 'no-store' })
      return body ?? new ReadableStream()
    },
  }
}

/** What the statuses of the native API mean; any other is an answer of something between it and us. */
export const CODES: Readonly<Record<number, FailureCode>> = {
  400: 'invalid',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  409: 'conflict',
  412: 'conflict',
  413: 'too_large',
  415: 'unsupported_media',
  422: 'conflict',
  429: 'too_many',
  501: 'disabled',
  503: 'unavailable',
}

const PROBLEM = 'urn:rollcall:problem:'

interface Problem {
  readonly type?: unknown
  readonly status?: number
  readonly detail?: unknown
  readonly field?: string
}

/** A problem document as the failure that it was on the server. */
export function failureOf({ type, status = 0, detail, field }: Problem, retryAfterMs?: number): Failure {
  const code = CODES[status] ?? (status >= 500 ? 'unavailable' : 'invalid')
  const named = String(type).startsWith(PROBLEM) ? String(type).slice(PROBLEM.length).replaceAll('-', '_') : code
  return new Failure(code, typeof detail === 'string' ? detail : `The server answered ${status}.`, {
    // A newer server may have a reason that this list does not: it is passed on as it is.
    ...(named !== code && { reason: named as FailureReason }),
    ...(field !== undefined && { field }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  })
}

function refusalOf(status: number, text: string, retryAfter: string | null): Failure {
  const seconds = Number(retryAfter ?? Number.NaN)
  return failureOf({ ...problemIn(text), status }, Number.isNaN(seconds) ? undefined : seconds * 1000)
}

function problemIn(text: string): Problem {
  try {
    return Object(JSON.parse(text))
  } catch {
    return {}
  }
}
