import type { Answer } from './server.ts'

/** How one dialect reads one user's status. */
export interface Wire {
  readonly dialect: string
  readonly path: string
  readonly headers: (token: string) => Record<string, string>
}

const bearer = (token: string): Record<string, string> => ({ Authorization: `Bearer ${token}` })

/** The same question in each dialect. Users are as the native API tells them. */
export function wires(reader: Answer, person: Answer): readonly Wire[] {
  return [
    { dialect: 'native', path: `/v1/presence/${person.id}`, headers: bearer },
    {
      dialect: 'rocketchat',
      path: `/api/v1/users.getStatus?userId=${person.ids.rocketchat}`,
      headers: (token) => ({ 'X-Auth-Token': token, 'X-User-Id': reader.ids.rocketchat }),
    },
    { dialect: 'mattermost', path: `/api/v4/users/${person.ids.mattermost}/status`, headers: bearer },
    { dialect: 'superoffice', path: `/api/v1/User/${person.ids.superoffice}/UserPresenceStatus`, headers: bearer },
  ]
}
