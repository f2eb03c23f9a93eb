import { ok } from 'node:assert/strict'
import { MANUAL, MANUAL_TIMED, NOTE, type PresenceRecord } from '../../../src/core/record.ts'
import type { PresenceEvent } from '../../../src/core/transition.ts'
import type { Availability, Instant, UserId } from '../../../src/core/vocabulary.ts'
import type { Chance } from '../../simulation/chance.ts'
import type { Machine } from './node.ts'

/** What somebody says of a user under one key, and how one finds it in the facts. */
interface Statement {
  readonly event: PresenceEvent
  isIn(record: PresenceRecord, now: Instant): boolean
}

/** One after another about one thing; each is said once the one before was answered. */
export interface Speaker {
  readonly userId: UserId
  /** Resolves with whether it was acknowledged; null: it says nothing now. */
  say(machine: Machine): Promise<boolean> | null
  /** What was acknowledged last, or something that was said after it, is what the facts say. */
  inspect(record: PresenceRecord, now: Instant): void
}

/** About everybody: their own word, their note, and what three programs say. `hides`: who says that they are offline, too. */
export function createSpeakers(
  userIds: readonly UserId[],
  hides: UserId,
  now: () => Instant,
  chance: Chance,
  declared: (userId: UserId) => void,
): Speaker[] {
  let number = 0
  const some = (): Instant => now() + (chance.of([300, 4_000, 20_000, 90_000]) ?? 0)

  function anAvailability(userId: UserId): Statement {
    const isHiding = userId === hides && chance.below(3) === 0
    const availability: Availability = isHiding ? 'offline' : (chance.of(['busy', 'dnd', 'away'] as const) ?? 'busy')
    const until = chance.below(2) === 0 ? null : some()
    const key = until === null ? MANUAL : MANUAL_TIMED
    const set: PresenceEvent = { type: 'availability_set', availability, activity: null, until, fades: false, alike: null }
    const none = ({ claims }: PresenceRecord, at: Instant): boolean =>
      !claims.some((one) => isManual(one.key) && !isOver(one.until, at))
    switch (chance.below(5)) {
      case 0:
        return { event: { type: 'online_declared', alike: null }, isIn: none }
      case 1:
        return { event: { type: 'availability_withdrawn', alike: null }, isIn: none }
      default:
        return {
          event: set,
          isIn: ({ claims }, at) =>
            isOver(until, at) ||
            claims.some((one) => one.key === key && one.availability === availability && one.until === until),
        }
    }
  }

  function aNote(): Statement {
    const text = `note ${++number}`
    if (chance.below(4) === 0)
      return { event: { type: 'note_withdrawn', via: null }, isIn: ({ claims }) => !claims.some(({ key }) => key === NOTE) }
    return {
      event: { type: 'note_set', words: { text, emoji: '' }, until: null, alike: null },
      isIn: ({ claims }) => claims.some((one) => one.key === NOTE && one.note?.text === text),
    }
  }

  function aClaim(claimClass: 'call' | 'app' | 'calendar'): Statement {
    const [key, text] = [`${claimClass}:1`, `${claimClass} ${++number}`]
    // What has ended stays among the facts until the next write.
    const find = ({ claims }: PresenceRecord, at: Instant) => claims.find((one) => one.key === key && !isOver(one.until, at))
    if (chance.below(4) === 0)
      return { event: { type: 'claim_withdrawn', key }, isIn: (record, at) => find(record, at) === undefined }
    const until = chance.below(2) === 0 ? null : some()
    const availability = claimClass === 'call' ? 'busy' : (chance.of(['busy', 'away', null] as const) ?? null)
    const claim = { key, class: claimClass, availability, activity: null, since: null, until, leaseMs: null }
    return {
      event: { type: 'claim_set', ...claim, note: { text, emoji: '' } },
      isIn: (record, at) => isOver(until, at) || find(record, at)?.note?.text === text,
    }
  }

  return userIds.flatMap((userId) => [
    createSpeaker(userId, () => anAvailability(userId), declared),
    createSpeaker(userId, aNote, declared),
    ...(['call', 'app', 'calendar'] as const).map((name) => createSpeaker(userId, () => aClaim(name), declared)),
  ])
}

function createSpeaker(userId: UserId, next: () => Statement, declared: (userId: UserId) => void): Speaker {
  /** The last that was acknowledged, and all that was said since: it may have been stored. */
  let possible: Statement[] = []
  let isAcknowledged = false
  let asked = 0
  let waits: Machine['life'] | null = null

  /** The answer to what was said before, by a process that was killed since, tells nothing. */
  function answered(own: number, kept: Statement | null): boolean {
    if (own !== asked) return false
    waits = null
    isAcknowledged ||= kept !== null
    if (kept !== null) possible = possible.slice(possible.indexOf(kept))
    return kept !== null
  }

  return {
    userId,
    say(machine) {
      if (machine.serving === null || (waits !== null && waits.state !== 'dead')) return null
      const statement = next()
      const own = ++asked
      waits = machine.life
      possible.push(statement)
      if (statement.event.type === 'online_declared') declared(userId)
      return machine.serving
        .as(userId)
        .commands.change(userId, [statement.event])
        .then(
          () => answered(own, statement),
          () => answered(own, null),
        )
    },
    inspect(record, now) {
      const isKept = !isAcknowledged || possible.some(({ isIn }) => isIn(record, now))
      ok(
        isKept,
        `what was acknowledged of ${userId} is not there: ${JSON.stringify(possible.map(({ event }) => event))}, but ${JSON.stringify(record.claims)}`,
      )
    },
  }
}

const isManual = (key: string): boolean => key === MANUAL || key === MANUAL_TIMED
const isOver = (until: Instant | null, now: Instant): boolean => until !== null && until <= now
