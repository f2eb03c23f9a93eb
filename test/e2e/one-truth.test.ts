import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Server, startServer } from '../server.ts'
import { type Answer, type Person, type Voice, voicesOf } from './voices.ts'

/** One way to say a status, and what every dialect must show of it to its user and to others. */
interface Case {
  readonly said: string
  readonly through: 'native' | 'rocketchat' | 'mattermost' | 'superoffice'
  say(person: Person): Promise<Response>
  readonly availability: string
  readonly activity?: string
  readonly rocketchat: 'online' | 'away' | 'busy' | 'offline'
  readonly mattermost: 'online' | 'away' | 'dnd' | 'ooo' | 'offline'
  readonly superoffice: 'StatusNormal' | 'StatusNotAvailable'
  readonly until?: number
  readonly note?: { readonly text: string; readonly emoji?: string; readonly until?: number }
  /** Explicitly offline: strangers may not tell it from being gone. */
  readonly hidden?: true
}

const HOUR = 3_600_000
/** Whole minutes, so that Mattermost's floored seconds say the same instant. */
const LATER = Math.ceil((Date.now() + HOUR) / 60_000) * 60_000
const iso = (instant: number): string => new Date(instant).toISOString()

let server: Server
let colleague: Person
let voices: readonly Voice[]
let made = 0

beforeAll(async () => {
  server = await startServer()
  voices = voicesOf(server)
  colleague = await newPerson()
})
afterAll(() => server.stop())

async function newPerson(): Promise<Person> {
  const { user, token } = await server.createUser({ password: null, username: `person${++made}` })
  return { token, id: user.id, ids: user.ids as Person['ids'] }
}

const call = (path: string, method: string, headers: Record<string, string>, body: unknown): Promise<Response> =>
  server.request(path, { method, headers: { ...headers, 'Content-Type': 'application/json' }, body: JSON.stringify(body) })
const native = (part: string, body: unknown) => (person: Person) =>
  call(`/v1/presence/me/${part}`, 'PUT', { Authorization: `Bearer ${person.token}` }, body)
const rocketchat = (body: unknown) => (person: Person) =>
  call('/api/v1/users.setStatus', 'POST', { 'X-Auth-Token': person.token, 'X-User-Id': person.ids.rocketchat }, body)
const mattermost = (body: object) => (person: Person) =>
  call('/api/v4/users/me/status', 'PUT', { Authorization: `Bearer ${person.token}` }, { user_id: person.ids.mattermost, ...body })
const custom = (body: object) => (person: Person) =>
  call('/api/v4/users/me/status/custom', 'PUT', { Authorization: `Bearer ${person.token}` }, body)
const superoffice = (body: object) => (person: Person) =>
  call(`/api/v1/User/${person.ids.superoffice}/UserPresenceStatus`, 'PUT', { Authorization: `Bearer ${person.token}` }, body)

const OUT = {
  online: ['online', 'online', 'StatusNormal'],
  away: ['away', 'away', 'StatusNotAvailable'],
  busy: ['busy', 'dnd', 'StatusNotAvailable'],
  dnd: ['busy', 'dnd', 'StatusNotAvailable'],
  offline: ['offline', 'offline', 'StatusNormal'],
} as const

/** A case by the availability it becomes; everything else follows from the table of DESIGN's section 4.1. */
function says(
  through: Case['through'],
  said: string,
  availability: keyof typeof OUT,
  say: Case['say'],
  more: Partial<Case> = {},
): Case {
  const [rc, mm, so] = OUT[availability]
  const isHidden = availability === 'offline' && (more.note === undefined || more.until !== undefined)
  return {
    through,
    said,
    availability,
    say,
    rocketchat: rc,
    mattermost: mm,
    superoffice: so,
    ...(isHidden && { hidden: true as const }),
    ...more,
  }
}

const CASES: readonly Case[] = [
  ...(['online', 'away', 'busy', 'dnd', 'offline'] as const).map((availability) =>
    says('native', availability, availability, native('availability', { availability })),
  ),
  ...(['away', 'busy', 'dnd', 'offline'] as const).map((availability) =>
    says('native', `${availability} until`, availability, native('availability', { availability, until: iso(LATER) }), {
      until: LATER,
    }),
  ),
  says('native', 'away, out of office', 'away', native('availability', { availability: 'away', activity: 'out_of_office' }), {
    activity: 'out_of_office',
    mattermost: 'ooo',
  }),
  says('native', 'a note', 'offline', native('note', { text: 'Lunch', emoji: 'hamburger' }), {
    note: { text: 'Lunch', emoji: 'hamburger' },
  }),
  says('native', 'a note until', 'offline', native('note', { text: 'Lunch', until: iso(LATER) }), {
    note: { text: 'Lunch', until: LATER },
  }),
  ...(['online', 'away', 'busy', 'offline'] as const).map((status) =>
    says('rocketchat', status, status, rocketchat({ status, message: '' })),
  ),
  ...(['away', 'busy', 'offline'] as const).map((status) =>
    says('rocketchat', `${status} expiring`, status, rocketchat({ status, message: 'back soon', expiresAt: iso(LATER) }), {
      until: LATER,
      note: { text: 'back soon', until: LATER },
    }),
  ),
  says('rocketchat', 'a message with an emoji', 'offline', rocketchat({ message: ':palm_tree: beach' }), {
    note: { text: 'beach', emoji: 'palm_tree' },
  }),
  says('mattermost', 'online', 'online', mattermost({ status: 'online' })),
  says('mattermost', 'away', 'away', mattermost({ status: 'away' })),
  says('mattermost', 'dnd', 'dnd', mattermost({ status: 'dnd' })),
  says('mattermost', 'dnd until', 'dnd', mattermost({ status: 'dnd', dnd_end_time: LATER / 1000 }), { until: LATER }),
  says('mattermost', 'offline', 'offline', mattermost({ status: 'offline' })),
  says('mattermost', 'a custom status', 'offline', custom({ emoji: 'house', text: 'At home' }), {
    note: { text: 'At home', emoji: 'house' },
  }),
  says(
    'mattermost',
    'a custom status expiring',
    'offline',
    custom({ emoji: 'house', text: 'At home', duration: 'date_and_time', expires_at: iso(LATER) }),
    { note: { text: 'At home', emoji: 'house', until: LATER } },
  ),
  says('superoffice', 'not available', 'away', superoffice({ Status: 'StatusNotAvailable', Message: 'On holiday' }), {
    note: { text: 'On holiday' },
  }),
  says('superoffice', 'normal with a message', 'offline', superoffice({ Status: 'StatusNormal', Message: 'Ring me' }), {
    note: { text: 'Ring me' },
  }),
]

const readAll = async (reader: Person, of: Person): Promise<Answer[]> =>
  Promise.all(voices.map((voice) => voice.read(reader, of)))

describe.each(CASES)('[E2] $through: $said', (one) => {
  test('shows the same in every dialect, to its user and to others', async () => {
    const person = await newPerson()
    expect((await one.say(person)).status).toBe(200)
    for (const reader of [person, colleague]) {
      const [inNative, inRocketchat, inMattermost, inSuperoffice] = await readAll(reader, person)
      const seesThrough = reader === person || !one.hidden
      expect(inNative).toMatchObject({ userId: person.id, availability: one.availability })
      expect(inNative?.['activity'] ?? undefined).toBe(one.activity)
      expect(inNative?.['until'] ?? undefined).toBe(one.until !== undefined && seesThrough ? iso(one.until) : undefined)
      expect(inRocketchat).toMatchObject({ status: one.rocketchat, message: rocketText(one.note) })
      const expires = (seesThrough ? one.until : undefined) ?? one.note?.until
      expect(inRocketchat?.['statusExpiresAt'] ?? undefined).toBe(expires === undefined ? undefined : iso(expires))
      expect(inMattermost).toMatchObject({ user_id: person.ids.mattermost, status: one.mattermost })
      expect(inMattermost?.['dnd_end_time']).toBe(one.until !== undefined && seesThrough ? one.until / 1000 : 0)
      expect(inMattermost?.['custom'] ?? null).toEqual(customStatus(one.note))
      expect(inSuperoffice).toEqual({ Status: one.superoffice, Message: one.note?.text ?? '' })
    }
  })

  test('[E1] written back through any dialect as read there, nothing changes', async () => {
    for (const voice of voices.filter(({ name }) => name !== one.through)) {
      const person = await newPerson()
      await one.say(person)
      const [own, others] = [await readAll(person, person), await readAll(colleague, person)]
      const shown = own[voices.indexOf(voice)] ?? {}
      if (one.availability === 'online' || !isClaimed(one)) continue
      const answered = await voice.writeBack(person, shown)
      if (answered === null) continue
      expect(answered, voice.name).toBe(200)
      expect(await readAll(person, person), voice.name).toEqual(own)
      expect(await readAll(colleague, person), voice.name).toEqual(others)
    }
  })
})

test('[H1] hidden through any dialect, strangers read in every dialect what they read of somebody who is gone', async () => {
  for (const one of CASES.filter(({ hidden, note }) => hidden && !note)) {
    const gone = await newPerson()
    const hidden = await newPerson()
    await one.say(hidden)
    const anonymous = (answers: Answer[], { id, ids }: Person): string => {
      const names = new RegExp([id, ids.rocketchat, ids.mattermost, '"(since|username|name|avatarETag)":"[^"]*"'].join('|'), 'g')
      return JSON.stringify(answers).replaceAll(names, '')
    }
    expect(anonymous(await readAll(colleague, hidden), hidden), `${one.through} ${one.said}`).toBe(
      anonymous(await readAll(colleague, gone), gone),
    )
  }
})

/** Somebody claimed an availability; with a note alone, a write-back of the shown status is a new word. */
const isClaimed = (one: Case): boolean => one.hidden === true || one.availability !== 'offline'

const rocketText = (note: Case['note']): string =>
  note === undefined ? '' : note.emoji ? `:${note.emoji}: ${note.text}` : note.text

function customStatus(note: Case['note']): Answer | null {
  if (note === undefined) return null
  const expires_at = note.until === undefined ? '0001-01-01T00:00:00Z' : iso(note.until).replace('.000Z', 'Z')
  return { emoji: note.emoji ?? 'speech_balloon', text: note.text, duration: note.until ? 'date_and_time' : '', expires_at }
}
