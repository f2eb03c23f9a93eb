import type { Person, Server } from '../server.ts'

/** What came back, whole: tests look at keys, their order, and headers. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the answer has
  readonly body: any
}

export type Query = string | Readonly<Record<string, string>>

/** Speaks Rocket.Chat's REST API to a running server, as plainly as curl does. */
export function createTalk(server: Server) {
  async function send(path: string, init: RequestInit): Promise<Answer> {
    const response = await server.request(path, init)
    const text = await response.text()
    const isJson = response.headers.get('content-type') === 'application/json'
    return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : undefined }
  }
  return {
    send,
    get(endpoint: string, person: Person | null, query: Query = ''): Promise<Answer> {
      const words = new URLSearchParams(query).toString()
      const search = typeof query === 'string' ? query : words
      return send(`/api/v1/${endpoint}${search === '' ? '' : `?${search}`}`, { headers: credentials(person) })
    },
    post(endpoint: string, person: Person | null, body: unknown = {}): Promise<Answer> {
      const headers = { ...credentials(person), 'Content-Type': 'application/json' }
      return send(`/api/v1/${endpoint}`, { method: 'POST', headers, body: JSON.stringify(body) })
    },
    /** Settings as an administrator changes them; throws unless it worked. */
    async setting(admin: Person, id: string, value: unknown): Promise<void> {
      const { status, text } = await this.post(`settings/${id}`, admin, { value })
      if (status !== 200) throw new Error(`${id}: ${status} ${text}`)
    },
  }
}

/** The two headers by which a person calls. */
export function credentials(person: Person | null): Record<string, string> {
  return person === null ? {} : { 'X-User-Id': person.user.ids.rocketchat, 'X-Auth-Token': person.token }
}

/** A time that lies ahead, as clients write it. */
export const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString()

export const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
