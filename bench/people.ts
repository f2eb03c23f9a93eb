import { ADMIN } from './servers.ts'

export interface Person {
  readonly id: string
  readonly ids: { readonly rocketchat: string; readonly mattermost: string; readonly superoffice: string }
  readonly token: string
}

/** So many users through the API, each with a token, every other one busy, the rest online. */
export async function provision(url: string, count: number): Promise<readonly Person[]> {
  const call = async (path: string, token: string | null, body: unknown, method = 'POST') => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { 'Content-Type': 'application/json', ...(token !== null && { Authorization: `Bearer ${token}` }) },
      body: JSON.stringify(body),
    })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as Person
  }
  const { token: admin } = await call('/v1/login', null, ADMIN)
  return Promise.all(
    Array.from({ length: count }, async (_, number) => {
      const { id, ids } = await call('/v1/users', admin, { username: `user${number}`, name: `User number ${number}` })
      const { token } = await call('/v1/tokens', admin, { name: 'bench', kind: 'personal', user: id })
      await call('/v1/presence/me/availability', token, { availability: number % 2 === 0 ? 'busy' : 'online' }, 'PUT')
      return { id, ids, token }
    }),
  )
}

/** The body of a wrk request: each sets another user's status, and the next time round another status. */
export function setsBy(people: readonly Person[]): string {
  const ids = people.map((person) => JSON.stringify(person.ids.mattermost)).join(',')
  const tokens = people.map(({ token }) => JSON.stringify(token)).join(',')
  return `
    ids = ids or {${ids}}; tokens = tokens or {${tokens}}
    local i = counter % #ids + 1
    local status = math.floor(counter / #ids) % 2 == 0 and "dnd" or "away"
    local body = '{"user_id":"' .. ids[i] .. '","status":"' .. status .. '"}'
    return wrk.format("PUT", "/api/v4/users/" .. ids[i] .. "/status", { Authorization = "Bearer " .. tokens[i] }, body)`
}
