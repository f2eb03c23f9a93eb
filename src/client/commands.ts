import type { Attendance, Attended, PresenceCommands } from '../core/service.ts'
import type { ShownPresence, UserId } from '../core/vocabulary.ts'
import type { Requests } from './requests.ts'
import { claimIn, claimPath, explanationIn, presenceIn, requestOf, sessionIn, timeOf } from './translate.ts'

/** From afar the server knows the connection, and how its clients idle; who attends says what it is. */
export interface FarAttendance extends Pick<Attendance, 'app' | 'platform' | 'ended'> {
  /** The session to take over, wherever else it is attended; the server has never ended it, or there is a new one. */
  readonly resumes?: string | null
  /** The server has said which session it is; after a cut, again. */
  readonly began?: (sessionId: string) => void
}

export interface FarCommands extends Omit<PresenceCommands<ShownPresence>, 'attend'> {
  attend(attendance: FarAttendance): Attended
}

/** Where a user's presence is: `me`, an id or a username. */
export const pathOf = (user: UserId): string => `/v1/presence/${encodeURIComponent(user)}`

/** Commands over HTTP. Several events of one change go one after the other; the first that is refused is the last. */
export function createCommands({ call }: Requests, attend: FarCommands['attend']): FarCommands {
  return {
    async change(userId, events) {
      const requests = events.map(requestOf)
      let answer = requests.length === 0 ? await call('GET', pathOf(userId)) : null
      for (const [method, path, body] of requests) answer = await call(method, pathOf(userId) + path, body)
      return presenceIn(answer)
    },
    keepClaim: async (userId, key) => claimIn(await call('POST', `${pathOf(userId)}${claimPath(key)}/heartbeat`)),
    claims: async (userId) => (await call('GET', `${pathOf(userId)}/claims`)).claims.map(claimIn),
    async explain(userId, { zone, language } = {}) {
      const asked = new URLSearchParams({
        ...(zone !== undefined && { zone }),
        ...(language !== undefined && { lang: language }),
      })
      return explanationIn(await call('GET', `${pathOf(userId)}/explain?${asked}`))
    },
    attend,
    openSession: async (session) => sessionIn(await call('POST', '/v1/sessions', session)),
    async heartbeat(sessionId, { idle, lastInputAt }) {
      const said = { ...(idle !== undefined && { idle }), ...(lastInputAt !== undefined && { lastInputAt: timeOf(lastInputAt) }) }
      return sessionIn(await call('POST', `${sessionPath(sessionId)}/heartbeat`, said))
    },
    closeSession: (sessionId) => call('DELETE', sessionPath(sessionId)),
  }
}

const sessionPath = (sessionId: string): string => `/v1/sessions/${encodeURIComponent(sessionId)}`
