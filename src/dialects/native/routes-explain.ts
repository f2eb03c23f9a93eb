import type { User } from '../../core/accounts.ts'
import { Failure } from '../../core/errors.ts'
import type { Services } from '../../core/service.ts'
import { type Route, route } from '../../http/route.ts'
import { VIA } from './routes-presence.ts'
import { ByUser, InZone } from './schemas.ts'
import { ExplanationShape } from './shapes.ts'
import { explanationOut, userOf } from './translate.ts'

/** Why somebody is shown as they are. */
export function explainRoutes({ presence, people }: Services): readonly Route[] {
  return [
    route({
      rule: 'N17',
      method: 'GET',
      path: '/v1/presence/:user/explain',
      summary: 'Explain why a user is shown so',
      answers: { 200: ExplanationShape },
      access: 'user',
      rate: 'read',
      params: ByUser,
      query: InZone,
      async handle({ params, query, principal }) {
        if (query.zone !== undefined && !isZone(query.zone)) throw noSuchZone()
        const userId = userOf(params.user, principal, people)
        const zone = query.zone ?? zoneOf(people.get(userId))
        const nameOf = (by: string): string => people.get(by)?.username ?? 'an application'
        const doorOf = (via: string): string => DOORS[via] ?? via
        return explanationOut(await presence.as(principal, VIA).commands.explain(userId, { zone, nameOf, doorOf }))
      },
    }),
  ]
}

/** What people call the doors that claims come through. */
const DOORS: Readonly<Record<string, string>> = {
  native: "Rollcall's API",
  rocketchat: 'Rocket.Chat',
  mattermost: 'Mattermost',
  superoffice: 'SuperOffice',
}

/** The user's zone by name, else by their hours east of UTC. */
function zoneOf(user: User | null): string {
  if (user?.timezone != null) return isZone(user.timezone) ? user.timezone : 'UTC'
  const minutes = Math.round((user?.utcOffset ?? 0) * 60)
  const digits = (count: number): string => String(Math.abs(count)).padStart(2, '0')
  return `${minutes < 0 ? '-' : '+'}${digits(Math.trunc(minutes / 60))}:${digits(minutes % 60)}`
}

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return true
  } catch {
    return false
  }
}

const noSuchZone = (): Failure =>
  new Failure('invalid', '"zone" must be the IANA name of a time zone, like Europe/Berlin, or an offset, like +05:30.', {
    reason: 'malformed',
    field: 'zone',
  })
