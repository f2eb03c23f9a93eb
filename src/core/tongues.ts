import type { Activity, Availability } from './vocabulary.ts'

/* The words of explanations, a table for each language: the compiler says what one of them lacks. */

export const LANGUAGES = ['en', 'de'] as const
export type Language = (typeof LANGUAGES)[number]

/** How a language says it; times, names and words of presence come already put. */
export interface Tongue {
  readonly availability: Readonly<Record<Availability, string>>
  readonly activity: Readonly<Record<Activity, string>>
  shown(said: string, since: string, why: string): string
  until(time: string): string
  readonly deactivated: string
  set(who: string, door: string): string
  claimed(who: string, key: string, door: string): string
  readonly declared: string
  readonly nothing: string
  activeIn(app: string, platform: string): string
  active(sessions: number): string
  readonly idle: string
  idleFor(minutes: number): string
  readonly afterwards: string
  from(time: string): string
  readonly still: string
  idling(minutes: number): string
  readonly unlessHeartbeat: string
  session(idle: boolean, app: string, platform: string): string
  note(words: string): string
  readonly keptByHeartbeats: string
}

const ENGLISH: Tongue = {
  availability: { online: 'online', away: 'away', busy: 'busy', dnd: 'dnd', offline: 'offline' },
  activity: {
    out_of_office: 'out of office',
    in_a_call: 'in a call',
    in_a_meeting: 'in a meeting',
    presenting: 'presenting',
    focusing: 'focusing',
  },
  shown: (said, since, why) => `Shown ${said} since ${since} because ${why}`,
  until: (time) => `, until ${time}`,
  deactivated: 'the user is deactivated',
  set: (who, door) => `${who} set it through ${door}`,
  claimed: (who, key, door) => `${who} claimed it as ${key} through ${door}`,
  declared: 'online was declared',
  nothing: 'nothing says otherwise',
  activeIn: (app, platform) => `a session is active in ${app} on ${platform}`,
  active: (sessions) => `${sessions} sessions are active`,
  idle: 'every session is idle',
  idleFor: (minutes) => `every session has been idle for ${minutes} min`,
  afterwards: 'then',
  from: (time) => `from ${time}`,
  still: 'still ',
  idling: (minutes) => `, idle for ${minutes} min`,
  unlessHeartbeat: ', unless a heartbeat comes',
  session: (idle, app, platform) => `${idle ? 'idle' : 'active'} in ${app} on ${platform}`,
  note: (words) => `note "${words}"`,
  keptByHeartbeats: 'kept by heartbeats',
}

const GERMAN: Tongue = {
  availability: {
    online: 'online',
    away: 'abwesend',
    busy: 'beschäftigt',
    dnd: '„bitte nicht stören“',
    offline: 'offline',
  },
  activity: {
    out_of_office: 'außer Haus',
    in_a_call: 'im Gespräch',
    in_a_meeting: 'in einer Besprechung',
    presenting: 'präsentiert',
    focusing: 'konzentriert',
  },
  shown: (said, since, why) => `Gezeigt als ${said} seit ${since}, weil ${why}`,
  until: (time) => `, bis ${time}`,
  deactivated: 'der Benutzer deaktiviert ist',
  set: (who, door) => `${who} es über ${door} gesetzt hat`,
  claimed: (who, key, door) => `${who} es als ${key} über ${door} angegeben hat`,
  declared: '„online“ erklärt wurde',
  nothing: 'nichts anderes bekannt ist',
  activeIn: (app, platform) => `eine Sitzung in ${app} auf ${platform} aktiv ist`,
  active: (sessions) => `${sessions} Sitzungen aktiv sind`,
  idle: 'keine Sitzung aktiv ist',
  idleFor: (minutes) => `seit ${minutes} min keine Sitzung aktiv ist`,
  afterwards: 'danach',
  from: (time) => `ab ${time}`,
  still: 'weiterhin ',
  idling: (minutes) => `, seit ${minutes} min ohne Eingabe`,
  unlessHeartbeat: ', falls kein Lebenszeichen kommt',
  session: (idle, app, platform) => `${idle ? 'nicht aktiv' : 'aktiv'} in ${app} auf ${platform}`,
  note: (words) => `Notiz „${words}“`,
  keptByHeartbeats: 'durch Lebenszeichen erhalten',
}

export const TONGUES: Readonly<Record<Language, Tongue>> = { en: ENGLISH, de: GERMAN }
