import type { Server } from '../server.ts'

/** A user of the running server, and how each dialect knows them. */
export interface Person {
  readonly token: string
  readonly id: string
  readonly ids: { readonly rocketchat: string; readonly mattermost: string; readonly superoffice: string }
}

/** What a dialect shows of somebody: its own answer, whole. */
export type Answer = Readonly<Record<string, unknown>>

/** One dialect as a client speaks it: how it reads somebody, and how it says a status. */
export interface Voice {
  readonly name: 'native' | 'rocketchat' | 'mattermost' | 'superoffice'
  read(reader: Person, of: Person): Promise<Answer>
  /** Writes back exactly what `read` gave its own user, as a client does that edits one part of it. Null: it cannot say that word. */
  writeBack(person: Person, shown: Answer): Promise<number | null>
}

const json = async (response: Response): Promise<Answer> => (await response.json()) as Answer

export function voicesOf(server: Server): readonly Voice[] {
  const send = (path: string, method: string, headers: Record<string, string>, body?: unknown): Promise<Response> =>
    server.request(path, {
      method,
      headers: { ...headers, ...(body !== undefined && { 'Content-Type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
  const bearer = ({ token }: Person) => ({ Authorization: `Bearer ${token}` })
  const rocket = ({ token, ids }: Person) => ({ 'X-Auth-Token': token, 'X-User-Id': ids.rocketchat })
  return [
    {
      name: 'native',
      read: async (reader, of) => json(await send(`/v1/presence/${of.id}`, 'GET', bearer(reader))),
      async writeBack(person, { availability, activity, note }) {
        const path = `/v1/presence/${person.id}`
        const said = await send(`${path}/availability`, 'PUT', bearer(person), {
          availability,
          ...(activity ? { activity } : {}),
        })
        const { text, emoji } = (note ?? {}) as { text?: string; emoji?: string }
        if (note) await send(`${path}/note`, 'PUT', bearer(person), { ...(text && { text }), ...(emoji && { emoji }) })
        return said.status
      },
    },
    {
      name: 'rocketchat',
      async read(reader, of) {
        const status = await json(await send(`/api/v1/users.getStatus?userId=${of.ids.rocketchat}`, 'GET', rocket(reader)))
        const list = await json(await send(`/api/v1/users.presence?ids=${of.ids.rocketchat}`, 'GET', rocket(reader)))
        return { ...status, listed: (list['users'] as Answer[])[0] ?? null }
      },
      writeBack: async (person, { status, message }) =>
        (await send('/api/v1/users.setStatus', 'POST', rocket(person), { status, message })).status,
    },
    {
      name: 'mattermost',
      async read(reader, of) {
        const status = await json(await send(`/api/v4/users/${of.ids.mattermost}/status`, 'GET', bearer(reader)))
        const user = await json(await send(`/api/v4/users/${of.ids.mattermost}`, 'GET', bearer(reader)))
        const { customStatus = '' } = (user['props'] ?? {}) as { customStatus?: string }
        return { ...status, custom: customStatus === '' ? null : JSON.parse(customStatus) }
      },
      async writeBack(person, { status, custom }) {
        if (status === 'ooo') return null
        const user_id = person.ids.mattermost
        const path = `/api/v4/users/${user_id}/status`
        const said = await send(path, 'PUT', bearer(person), { user_id, status })
        const { text, emoji } = (custom ?? {}) as { text?: string; emoji?: string }
        if (custom) await send(`${path}/custom`, 'PUT', bearer(person), { text, emoji })
        return said.status
      },
    },
    {
      name: 'superoffice',
      read: async (reader, of) =>
        json(await send(`/api/v1/User/${of.ids.superoffice}/UserPresenceStatus`, 'GET', bearer(reader))),
      writeBack: async (person, { Status, Message }) =>
        (await send(`/api/v1/User/${person.ids.superoffice}/UserPresenceStatus`, 'PUT', bearer(person), { Status, Message }))
          .status,
    },
  ]
}
