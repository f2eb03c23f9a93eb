import type { Passage } from '../core/history.ts'
import type { Policy } from '../core/policy.ts'
import type { PresenceRecord } from '../core/record.ts'
import { deadlinesAfter, resolve, saysSame } from '../core/resolve.ts'
import type { Instant, Presence, UserId } from '../core/vocabulary.ts'
import type { Author, Chapter } from './chapters.ts'

/** Whose eyes the past is seen with. */
export type Eyes = 'own' | 'stranger'

export interface Seen {
  readonly userId: UserId
  readonly eyes: Eyes
  /** The latest first. */
  readonly policies: readonly Policy[]
}

/**
 * When the answer became another one, in order. The first chapter is only what the second is compared with, unless nothing is
 * known of the time before it (`isFirst`).
 */
export function passagesOf(chapters: readonly Chapter[], isFirst: boolean, seen: Seen): Passage[] {
  const passages: Passage[] = []
  let shown: Presence | null = null
  for (const [i, { record, endedAt }] of chapters.entries()) {
    const before = i === 0 ? null : (chapters[i - 1] ?? null)
    const isBegun = before !== null && before.endedAt === record.shown.asOf
    const isTold = i > 0 || isFirst
    for (const { at, presence } of answersIn(record, endedAt, seen)) {
      if (shown !== null && saysSame(shown, presence)) continue
      const isStart = at === record.shown.asOf
      const instant = isStart && !isBegun ? firstSeen(presence, at, before, seen.eyes) : at
      if (isTold)
        passages.push({ at: instant, presence, ...authorFor(isStart && isBegun ? before.endedBy : null, presence, seen.eyes) })
      shown = presence
    }
  }
  return passages
}

/** The policy that holds at an instant. */
export function policyAt(policies: readonly Policy[], instant: Instant): Policy {
  const found = policies.find(({ since }) => since <= instant) ?? policies.at(-1)
  if (found === undefined) throw new Error('there is no policy')
  return found
}

/** What one record answered from its write on until another took its place. */
function* answersIn(record: PresenceRecord, endedAt: Instant, { userId, eyes, policies }: Seen) {
  const from = record.shown.asOf
  const changes = policies.map(({ since }) => since).filter((since) => since > from && since < endedAt)
  for (const start of [from, ...changes.reverse()]) {
    const policy = policyAt(policies, start)
    const end = changes.find((since) => since > start) ?? endedAt
    const instants = deadlinesAfter(record, start, policy).filter((instant) => instant < end)
    for (const at of start < end ? [start, ...instants.sort((one, other) => one - other)] : [])
      yield { at, presence: resolve(userId, record, at, policy)[eyes] }
  }
}

/** After a time of which nothing is kept, strangers learn of no instant but that at which something they see had changed. */
function firstSeen(presence: Presence, at: Instant, before: Chapter | null, eyes: Eyes): Instant {
  return eyes === 'own' ? at : Math.max(presence.changedAt, before?.endedAt ?? 0)
}

/** Who is gone, and who is hidden, went through no door that strangers may know (R7). */
function authorFor(author: Author | null, { source }: Presence, eyes: Eyes): { via: string | null; by: string | null } {
  return author === null || (eyes === 'stranger' && source === 'none') ? { via: null, by: null } : author
}
