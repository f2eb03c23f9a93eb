import type { Policy } from './policy.ts'
import type { PresenceRecord } from './record.ts'
import { deadlinesAfter, lives, resolve, type Standing } from './resolve.ts'
import type { Speech } from './service.ts'
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
  const clock = clockOf(known.now, speech.zone ?? 'UTC')
  const end = presence.until === null ? '' : `, until ${clock(presence.until)}`
  const said = `Shown ${named(presence)} since ${clock(presence.since)} because ${reasonOf(presence, known, speech)}`
  return `${said}${end}${sequelOf(presence, known, clock)}.`
}

/** What is shown, with its finer word. */
export const named = ({ availability, activity }: Pick<Presence, 'availability' | 'activity'>): string =>
  activity === null ? availability : `${availability} (${activity.replaceAll('_', ' ')})`

function reasonOf(presence: Presence, known: Case, { nameOf, doorOf }: Speech): string {
  const { claim, source, connected } = known.standing
  if (known.policy.deactivated) return 'the user is deactivated'
  if (claim !== null) {
    const [who, door] = [nameOf?.(claim.by) ?? claim.by, doorOf?.(claim.via) ?? claim.via]
    return claim.class === 'manual' ? `${who} set it through ${door}` : `${who} claimed it as ${claim.key} through ${door}`
  }
  if (source === 'session') return connected === 'away' ? idle(presence, known) : activeIn(known)
  return source === 'declared' ? 'online was declared' : 'nothing says otherwise'
}

function activeIn({ record, now }: Case): string {
  const active = record.sessions.filter((session) => !session.idle && lives(session, now))
  const [first] = active
  return active.length === 1
    ? `a session is active in ${first?.app} on ${first?.platform}`
    : `${active.length} sessions are active`
}

function idle({ lastActiveAt }: Presence, { now }: Case): string {
  return lastActiveAt === null ? 'every session is idle' : `every session has been idle for ${minutes(now - lastActiveAt)}`
}

const minutes = (ms: number): string => `${Math.floor(ms / 60_000)} min`

/** The first thing after this that would be shown in its place, if nobody does anything. */
function sequelOf(presence: Presence, known: Case, clock: (instant: Instant) => string): string {
  const { record, now, policy } = known
  for (const at of deadlinesAfter(record, now, policy).sort((one, other) => one - other)) {
    const next = resolve(presence.userId, record, at, policy).own
    const isEnd = at === presence.until
    if (named(next) === named(presence) && !isEnd) continue
    const still = named(next) === named(presence) ? 'still ' : ''
    const isIdle = next.source === 'session' && next.availability === 'away' && presence.lastActiveAt !== null
    const idles = isIdle ? `, idle for ${minutes(now - (presence.lastActiveAt ?? now))}` : ''
    const unless = endsByLease(known, at) ? ', unless a heartbeat comes' : ''
    return `; ${isEnd ? 'then' : `from ${clock(at)}`} ${still}${named(next)}${idles}${unless}`
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
