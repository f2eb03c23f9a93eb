import type { FastifyRequest } from 'fastify'
import Negotiator from 'negotiator'
import type { User } from '../../core/accounts.ts'
import { Failure } from '../../core/errors.ts'
import type { Services } from '../../core/service.ts'
import { LANGUAGES, type Language } from '../../core/tongues.ts'
import { type Route, route } from '../../http/route.ts'
import { VIA } from './routes-presence.ts'
import { ByUser, InWords, Preferred } from './schemas.ts'
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
      query: InWords,
      reads: { headers: Preferred },
      async handle({ params, query, principal, request, reply }) {
        if (query.zone !== undefined && !isZone(query.zone)) throw noSuchZone()
        const userId = userOf(params.user, principal, people)
        const zone = query.zone ?? zoneOf(people.get(userId))
        const language = query.lang ?? preferredOf(request)
        const nameOf = (by: string): string => people.get(by)?.username ?? APPLICATION[language]
        const doorOf = (via: string): string => (via === 'native' ? OURS[language] : (DOORS[via] ?? via))
        const speech = { zone, language, nameOf, doorOf }
        const explanation = await presence.as(principal, VIA).commands.explain(userId, speech)
        reply.header('Content-Language', language).header('Vary', 'Accept-Language')
        return explanationOut(explanation)
      },
    }),
  ]
}

/** Of a header like `de-CH, en;q=0.8`; English where it names neither. */
function preferredOf(request: FastifyRequest): Language {
  const preferred = new Negotiator(request).languages([...LANGUAGES])[0]
  return LANGUAGES.find((language) => language === preferred) ?? 'en'
}

const APPLICATION: Readonly<Record<Language, string>> = { en: 'an application', de: 'eine Anwendung' }
const OURS: Readonly<Record<Language, string>> = { en: "Rollcall's API", de: 'Rollcalls API' }

/** What people call the doors that claims come through. */
const DOORS: Readonly<Record<string, string>> = {
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
