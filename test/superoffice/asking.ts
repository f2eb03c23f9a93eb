import type { Person, Server } from '../server.ts'

/** What a test sends as a body. */
export type Body = string | Uint8Array<ArrayBuffer>

export interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Body
}

export interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the answer has
  readonly json: any
}

/** Asks a server; a body without a Content-Type of its own is sent as JSON. */
export async function ask(server: Server, path: string, { method = 'GET', headers = {}, body }: Asked = {}): Promise<Answered> {
  const type = body === undefined ? {} : { 'Content-Type': 'application/json' }
  const response = await server.request(path, { method, headers: { ...type, ...headers }, ...(body !== undefined && { body }) })
  const text = await response.text()
  const isJson = (response.headers.get('content-type') ?? '').includes('json')
  return { status: response.status, headers: response.headers, text, json: isJson && text !== '' ? JSON.parse(text) : undefined }
}

export const PASSWORD = 'a password for tests'

export const basic = (username: string, password = PASSWORD): { Authorization: string } => ({
  Authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
})

export const bearer = (token: string): { Authorization: string } => ({ Authorization: `Bearer ${token}` })

/** Where a person's presence is in this dialect. */
export const presencePath = ({ user }: Person): string => `/api/v1/User/${user.ids.superoffice}/UserPresenceStatus`

export const associateId = ({ user }: Person): number => Number(user.ids.superoffice)

/** What a dialect's own client would set, as JSON. */
export const statusBody = (Status: string, Message?: string | null): string => JSON.stringify({ Status, Message })
