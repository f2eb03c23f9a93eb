import type { Person, Server } from '../server.ts'

type Write = (server: Server, person: Person, words: string) => Promise<Response>

const put = (server: Server, path: string, headers: Record<string, string>, body: object, method = 'PUT'): Promise<Response> =>
  server.request(path, { method, headers: { ...headers, 'Content-Type': 'application/json' }, body: JSON.stringify(body) })

const bearer = ({ token }: Person) => ({ Authorization: `Bearer ${token}` })

/** One way for each dialect to set some words as one's note. */
export const writes: readonly Write[] = [
  (server, person, text) => put(server, '/v1/presence/me/note', bearer(person), { text }),
  (server, { token, user }, message) => {
    const headers = { 'X-Auth-Token': token, 'X-User-Id': user.ids.rocketchat }
    return put(server, '/api/v1/users.setStatus', headers, { status: 'busy', message }, 'POST')
  },
  (server, person, text) => put(server, '/api/v4/users/me/status/custom', bearer(person), { text, emoji: 'house' }),
  (server, person, Message) =>
    put(server, `/api/v1/User/${person.user.ids.superoffice}/UserPresenceStatus`, bearer(person), {
      Status: 'StatusNotAvailable',
      Message,
    }),
]
