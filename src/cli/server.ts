import { Failure } from '../core/errors.ts'
import { readSaved } from './saved.ts'

/** Where the commands look for a server when nobody says otherwise. */
const DEFAULT_URL = 'http://127.0.0.1:4600'
/** How long a server may take to answer, in ms. */
const ANSWER_MS_MAX = 30_000

/** A running server, as one command sees it. */
export interface Server {
  readonly url: string
  readonly token: string | null
  /** Sends JSON and reads JSON. Throws Failure with the server's own words for any answer that is not 2xx. */
  call(method: string, path: string, body?: unknown): Promise<Answer>
  /** What a server streams, however long it takes. Throws as `call`. */
  stream(path: string, init?: RequestInit & { readonly duplex?: 'half' }): Promise<AsyncIterable<Uint8Array>>
  /** The answer as it comes, whatever it is. */
  fetch(path: string, init?: RequestInit): Promise<Response>
}

/** JSON that the native API gave. */
// biome-ignore lint/suspicious/noExplicitAny: its shape is the API's, and a newer server may say more
export type Answer = any

/** The server of ROLLCALL_URL, with ROLLCALL_TOKEN or what `rollcall login` saved for it. */
export async function connect(): Promise<Server> {
  const url = serverUrl()
  return serverAt(url, process.env['ROLLCALL_TOKEN'] || (await readSaved(url)))
}

export function serverUrl(): string {
  const url = process.env['ROLLCALL_URL'] ?? DEFAULT_URL
  if (/^https?:/i.test(url) && URL.canParse(url)) return new URL(url).origin
  throw new Failure('invalid', `ROLLCALL_URL is "${url}", but must be an address like ${DEFAULT_URL}.`)
}

export function serverAt(url: string, token: string | null): Server {
  const timely = (): RequestInit => ({ signal: AbortSignal.timeout(ANSWER_MS_MAX) })
  const ask = (path: string, init: RequestInit): Promise<Response> =>
    fetch(new URL(path, url), init).catch((error: unknown) => {
      throw new Failure('unavailable', `No server answers at ${url}. Is it running? ROLLCALL_URL names another.`, {
        cause: error,
      })
    })
  const said = token === null ? {} : { Authorization: `Bearer ${token}` }
  return {
    url,
    token,
    fetch: (path, init = {}) =>
      ask(path, { ...timely(), ...init, headers: { ...said, ...(init.headers as Record<string, string>) } }),
    async stream(path, init = {}) {
      const response = await ask(path, { ...init, headers: { ...said, ...(init.headers as Record<string, string>) } })
      if (response.ok && response.body !== null) return response.body
      throw refusalOf(response.status, await response.text(), token)
    },
    async call(method, path, body) {
      const content = body === undefined ? {} : { 'Content-Type': 'application/json' }
      const response = await ask(path, {
        ...timely(),
        method,
        headers: { ...said, ...content },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      if (response.ok) return text === '' ? null : JSON.parse(text)
      throw refusalOf(response.status, text, token)
    },
  }
}

function refusalOf(status: number, text: string, token: string | null): Failure {
  if (status === 401 && token === null) return new Failure('unauthenticated', 'You are not logged in. Run: rollcall login')
  try {
    const { detail, field } = JSON.parse(text) as { detail: string; field?: string }
    const again = status === 401 ? ' Log in again with: rollcall login' : ''
    return new Failure(status === 401 ? 'unauthenticated' : 'invalid', `${detail}${again}`, field === undefined ? {} : { field })
  } catch {
    return new Failure('invalid', `The server answered ${status}, and not as Rollcall does. Is it one? ${text.slice(0, 200)}`)
  }
}
