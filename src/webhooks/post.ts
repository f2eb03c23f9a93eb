import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { Failure } from '../core/errors.ts'
import type { Addresses } from './addresses.ts'
import { ANSWER_BYTES_MAX, REDIRECTS_MAX } from './limits.ts'

export interface Letter {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** What became of one request. */
export interface Outcome {
  /** Null: nobody answered. */
  readonly status: number | null
  /** Null: it was taken; else why not, in words. */
  readonly why: string | null
  /** What the receiver asked for by `Retry-After`, in ms. */
  readonly retryAfterMs: number | null
}

/** Sends a letter, once, and never throws. Every address is checked when it is about to be used, and no other is used. */
export type Post = (letter: Letter, stop: AbortSignal) => Promise<Outcome>

export interface PostParts {
  readonly addresses: Addresses
  readonly answerMsMax: number
}

export function createPost({ addresses, answerMsMax }: PostParts): Post {
  async function send(letter: Letter, signal: AbortSignal): Promise<Outcome> {
    let url = new URL(letter.url)
    for (let hop = 0; ; hop++) {
      const open = await before(signal, addresses.check(url))
      const { status, headers } = await requestAt(url, open, letter, signal)
      const next = status === 307 || status === 308 ? headers.location : undefined
      if (next === undefined) return outcomeOf(status, headers['retry-after'])
      if (hop === REDIRECTS_MAX) return failed(`It was redirected more than ${REDIRECTS_MAX} times.`, status)
      if (!URL.canParse(next, url.href)) return failed('It was redirected to no address.', status)
      url = new URL(next, url.href)
    }
  }

  return async (letter, stop) => {
    const late = AbortSignal.timeout(answerMsMax)
    try {
      return await send(letter, AbortSignal.any([stop, late]))
    } catch (error) {
      if (late.aborted) return failed(`It did not answer within ${answerMsMax / 1000} s.`)
      return failed(wordsFor(error))
    }
  }
}

/** One request to the addresses that were checked: the connection looks nothing up by itself, and is not kept. */
function requestAt(
  url: URL,
  addresses: readonly string[],
  { headers, body }: Letter,
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly headers: IncomingMessage['headers'] }> {
  const checked = addresses.map((address) => ({ address, family: isIP(address) }))
  const lookup: LookupFunction = (_host, { all }, done) => {
    const [first] = checked
    if (all || first === undefined) done(null, checked)
    else done(null, first.address, first.family)
  }
  const isSecure = url.protocol === 'https:'
  const agent = isSecure ? new HttpsAgent() : new HttpAgent()
  const length = Buffer.byteLength(body)
  const options = { method: 'POST', headers: { ...headers, 'Content-Length': length }, agent, lookup, signal }
  return new Promise((resolve, reject) => {
    const sent = (isSecure ? requestHttps : requestHttp)(url.href, options, (response) => {
      discard(response)
      resolve({ status: response.statusCode ?? 0, headers: response.headers })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

/** What a receiver says beyond its status is nobody's business; one that goes on and on is hung up. */
function discard(response: IncomingMessage): void {
  let bytes = 0
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > ANSWER_BYTES_MAX) response.destroy()
  })
  response.on('error', () => {})
}

/** A look-up cannot be ended, but need not be waited for. */
function before<Answer>(signal: AbortSignal, work: Promise<Answer>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}

function outcomeOf(status: number, retryAfter: string | undefined): Outcome {
  if (status >= 200 && status < 300) return { status, why: null, retryAfterMs: null }
  const why = status >= 300 && status < 400 ? `It answered ${status}; only 307 and 308 are followed.` : `It answered ${status}.`
  return { status, why, retryAfterMs: waitIn(retryAfter) }
}

/** How long `Retry-After` asks to wait, in ms: it says seconds or a date. Null: nothing that is understood. */
function waitIn(retryAfter = ''): number | null {
  if (/^\d{1,9}$/.test(retryAfter)) return Number(retryAfter) * 1000
  const instant = retryAfter.endsWith('GMT') ? Date.parse(retryAfter) : Number.NaN
  return Number.isNaN(instant) ? null : Math.max(0, instant - Date.now())
}

const failed = (why: string, status: number | null = null): Outcome => ({ status, why, retryAfterMs: null })

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nothing listens at its address.',
  ECONNRESET: 'It hung up without an answer.',
  ENOTFOUND: 'There is no such host.',
  ENODATA: 'There is no such host.',
  EHOSTUNREACH: 'Its address cannot be reached.',
  ENETUNREACH: 'Its address cannot be reached.',
  ETIMEOUT: 'Its name could not be looked up in time.',
}

function wordsFor(error: unknown): string {
  if (error instanceof Failure) return error.message
  const { code, message } = error as NodeJS.ErrnoException
  return WORDS[code ?? ''] ?? `It could not be asked: ${message}.`
}
