import type { Server } from '../server.ts'

export interface Asked {
  readonly status: number
  readonly headers: Headers
  /** Null: none. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the answer has
  readonly body: any
}

export interface Asking {
  /** Null: nobody's. The administrator's when not given. */
  readonly token?: string | null
  /** Sent as JSON. */
  readonly body?: unknown
  /** Sent as it is. */
  readonly raw?: string | Uint8Array<ArrayBuffer>
  readonly headers?: Readonly<Record<string, string>>
}

/** One request of the native API, with its answer read whatever it is. */
export async function ask(server: Server, call: string, { token, body, raw, headers }: Asking = {}): Promise<Asked> {
  const [method = '', path = ''] = call.split(' ', 2)
  const bearer = token === undefined ? server.adminToken : token
  const content = raw ?? (body === undefined ? null : JSON.stringify(body))
  const response = await server.request(path, {
    method,
    headers: {
      ...(bearer !== null && { Authorization: `Bearer ${bearer}` }),
      ...(content !== null && { 'Content-Type': 'application/json' }),
      ...headers,
    },
    body: content,
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text === '' ? null : JSON.parse(text) }
}
