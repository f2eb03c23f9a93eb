import type { Server } from '../server.ts'

export interface Answer {
  readonly status: number
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the answer has
  readonly body: any
  readonly headers: Headers
}

export type Speaker = ReturnType<typeof speaker>

/** Speaks to `/api/v4` as one user: a body that is no text goes as JSON. */
export function speaker(server: Server, { id, token }: { readonly id: string; readonly token: string | null }) {
  const call = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> => {
    const response = await server.request(`/api/v4${path}`, {
      method,
      redirect: 'manual',
      headers: { ...(token !== null && { Authorization: `Bearer ${token}` }), ...headers },
      ...(body !== undefined && { body: typeof body === 'string' || body instanceof Buffer ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, text, body: parsed(text), headers: response.headers }
  }
  return {
    id,
    token,
    call,
    get: (path: string, headers?: Record<string, string>) => call('GET', path, undefined, headers),
    put: (path: string, body?: unknown, headers?: Record<string, string>) => call('PUT', path, body, headers),
    post: (path: string, body?: unknown, headers?: Record<string, string>) => call('POST', path, body, headers),
    delete: (path: string, body?: unknown) => call('DELETE', path, body),
    /** Sets one's own status. */
    set: (status: string, more: object = {}) => call('PUT', '/users/me/status', { user_id: id, status, ...more }),
    /** One's own custom status as the user object has it; null: none. */
    custom: async () => {
      const { props } = (await call('GET', '/users/me')).body
      return props.customStatus === '' ? null : JSON.parse(props.customStatus)
    },
  }
}

/** A new user who speaks. */
export async function newSpeaker(server: Server, username: string, more: object = {}): Promise<Speaker> {
  const { user, token } = await server.createUser({ username, ...more })
  return speaker(server, { id: user.ids.mattermost, token })
}

/** The administrator. */
export async function adminSpeaker(server: Server): Promise<Speaker> {
  const me = await speaker(server, { id: '', token: server.adminToken }).get('/users/me')
  return speaker(server, { id: me.body.id, token: server.adminToken })
}

/** What an error says: its status, its id, and the name in its message. */
export function errorOf({ status, body }: Answer): string {
  return `${status} ${body?.id} ${/missing (\S+)/.exec(body?.message ?? '')?.[1] ?? ''}`.trim()
}

export const EXPIRED = '401 api.context.session_expired.app_error'
export const DENIED = '403 api.context.permissions.app_error'
export const BAD_ID = '400 api.context.invalid_url_param.app_error user_id'
export const bad = (name: string): string => `400 api.context.invalid_body_param.app_error ${name}`
export const OK = '{"status":"OK"}'
/** A well-formed id that nobody has. */
export const NOBODY = 'z'.repeat(26)
export const NO_ROUTE = '404 api.context.404.app_error'

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
