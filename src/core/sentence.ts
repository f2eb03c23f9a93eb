import type { Policy } from './policy.ts'
import type { PresenceRecord } from './record.ts'
import { deadlinesAfter, lives, resolve, type Standing } from './resolve.ts'
import type { Speech } from './service.ts'
import { TONGUES, type Tongue } from './tongues.ts'
import type { Instant, Presence } from './vocabulary.ts'

/** The instant and everything that decided at it. */
export interface Case {
  readonly record: PresenceRecord
  readonly now: Instant
  readonly policy: Policy
  readonly standing: Standing
}

/** One plain sentence, such as "Shown busy since 14:02 because anna set it through web, until 15:00; then away, idle for 12 min." */
export function sentenceOf(presence: Presence, known: Case, speech: Speech): string {
  const tongue = tongueOf(speech)
  const clock = clockOf(known.now, speech.zone ?? 'UTC')
  const end = presence.until === null ? '' : tongue.until(clock(presence.until))
  const said = tongue.shown(named(presence, tongue), clock(presence.since), reasonOf(presence, known, speech))
  return `${said}${end}${sequelOf(presence, known, clock, tongue)}.`
}

export const tongueOf = ({ language = 'en' }: Speech): Tongue => TONGUES[language]

/** What is shown, with its finer word. */
export const named = ({ availability, activity }: Pick<Presence, 'availability' | 'activity'>, tongue: Tongue): string =>
  activity === null ? tongue.availability[availability] : `${tongue.availability[availability]} (${tongue.activity[activity]})`

function reasonOf(presence: Presence, known: Case, speech: Speech): string {
  const { claim, source, connected } = known.standing
  const { nameOf, doorOf } = speech
  const tongue = tongueOf(speech)
  if (known.policy.deactivated) return tongue.deactivated
  if (claim !== null) {
    const [who, door] = [nameOf?.(claim.by) ?? claim.by, doorOf?.(claim.via) ?? claim.via]
    return claim.class === 'manual' ? tongue.set(who, door) : tongue.claimed(who, claim.key, door)
  }
  if (source === 'session') return connected === 'away' ? idle(presence, known, tongue) : activeIn(known, tongue)
  return source === 'declared' ? tongue.declared : tongue.nothing
}

function activeIn({ record, now }: Case, tongue: Tongue): string {
  const active = record.sessions.filter((session) => !session.idle && lives(session, now))
  const [first] = active
  return active.length === 1 && first !== undefined ? tongue.activeIn(first.app, first.platform) : tongue.active(active.length)
}

const idle = ({ lastActiveAt }: Presence, { now }: Case, tongue: Tongue): string =>
  lastActiveAt === null ? tongue.idle : tongue.idleFor(minutes(now - lastActiveAt))

const minutes = (ms: number): number => Math.floor(ms / 60_000)

/** The first thing after this that would be shown in its place, if nobody does anything. */
function sequelOf(presence: Presence, known: Case, clock: (instant: Instant) => string, tongue: Tongue): string {
  const { record, now, policy } = known
  for (const at of deadlinesAfter(record, now, policy).sort((one, other) => one - other)) {
    const next = resolve(presence.userId, record, at, policy).own
    const isEnd = at === presence.until
    const isSame = next.availability === presence.availability && next.activity === presence.activity
    if (isSame && !isEnd) continue
    const isIdle = next.source === 'session' && next.availability === 'away' && presence.lastActiveAt !== null
    const idles = isIdle ? tongue.idling(minutes(now - (presence.lastActiveAt ?? now))) : ''
    const unless = endsByLease(known, at) ? tongue.unlessHeartbeat : ''
    const when = isEnd ? tongue.afterwards : tongue.from(clock(at))
    return `; ${when} ${isSame ? tongue.still : ''}${named(next, tongue)}${idles}${unless}`
  }
  return ''
}

const endsByLease = ({ record }: Case, at: Instant): boolean =>
  record.claims.some(({ leaseUntil }) => leaseUntil === at) ||
  record.sessions.some(({ leaseUntil, seenUntil }) => leaseUntil === at && seenUntil === null)

/** The last instant that a date can say; an end may lie further ahead. */
const INSTANT_MAX = 8.64e15

/** To the minute; with its date when that is another day than `now`. */
function clockOf(now: Instant, zone: string): (instant: Instant) => string {
  const digits = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' } as const
  const format = new Intl.DateTimeFormat('en', { ...digits, hourCycle: 'h23', timeZone: zone, calendar: 'iso8601' })
  const partsOf = (instant: Instant): { readonly day: string; readonly time: string } => {
    const parts = Object.fromEntries(
      format.formatToParts(Math.min(instant, INSTANT_MAX)).map(({ type, value }) => [type, value] as const),
    )
    return { day: `${parts['year']}-${parts['month']}-${parts['day']}`, time: `${parts['hour']}:${parts['minute']}` }
  }
  const today = partsOf(now).day
  return (instant) => {
    const { day, time } = partsOf(instant)
    return day === today ? time : `${day} ${time}`
  }
}
