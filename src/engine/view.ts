import { Failure } from '../core/errors.ts'
import type { Subjects, Version } from '../core/ports.ts'
import type { Principal, Reach } from '../core/principal.ts'
import type { Views } from '../core/resolve.ts'
import type { Changes, PresenceView } from '../core/service.ts'
import type { Presence, UserId } from '../core/vocabulary.ts'
import { selfOf } from './admission.ts'
import { type Cursor, decodeCursor, encodeCursor, markOf } from './cursor.ts'
import type { Telling } from './reach.ts'
import type { Recency } from './recency.ts'
import type { Roster } from './roster.ts'
import type { Watchers } from './watchers.ts'

export interface ViewParts extends Telling {
  readonly subjects: Subjects
  readonly roster: Roster
  readonly recency: Recency
  readonly watchers: Watchers
  /** Positions up to which each facts partition has been followed. */
  readonly followed: readonly Version[]
}

/** Reads over memory for one principal: the own view of themselves, the stranger's of everybody else. */
export function createView(parts: ViewParts, principal: Principal): PresenceView {
  const { subjects, roster, recency, watchers } = parts
  const { reach } = principal
  const self = selfOf(principal)
  const mayRead = principal.scopes.has('presence:read')
  const within = (userId: UserId): boolean => reach === null || reach.has(userId)
  const choose = (userId: UserId, views: Views): Presence => (userId === self ? views.own : views.stranger)

  function see(userId: UserId): Presence | null {
    const slot = subjects.slotOf(userId)
    return slot < 0 || !within(userId) ? null : choose(userId, roster.at(slot))
  }

  /** Null: the slot is free, or not for this principal. */
  function inPassing(slot: number): Presence | null {
    const userId = roster.idAt(slot)
    return userId === null || !within(userId) ? null : choose(userId, roster.inPassing(slot))
  }

  function* presencesAt(slots: Iterable<number>): Generator<Presence> {
    for (const slot of slots) {
      const presence = inPassing(slot)
      if (presence !== null) yield presence
    }
  }

  function* everyone(): Generator<Presence> {
    for (let slot = 0; slot < subjects.slots; slot++) {
      const presence = inPassing(slot)
      if (presence !== null) yield presence
    }
  }

  function everything(): Changes {
    return { presences: [...everyone()], removed: [], cursor: encodeCursor(current()), full: true }
  }

  function current(): Cursor {
    const { directoryPosition: directory, facts } = recency
    return {
      epoch: parts.epoch,
      directory,
      facts,
      lapsed: parts.toldUntil(),
      own: fingerprint(self === null ? null : see(self)),
      groups: membersSeen(reach),
    }
  }

  /** Whether the cursor comes from a node that knows more than this one does yet. */
  function isBehind({ directory, facts, lapsed }: Cursor): boolean {
    const ahead = facts.some((position, partition) => position > (parts.followed[partition] ?? 0))
    return ahead || directory > recency.directoryHeard || lapsed > parts.reached()
  }

  let written = { shared: '', own: '', groups: '', nothing: { presences: [], removed: [], cursor: '', full: false } as Changes }

  /** What a reader is told who knows everything: the same object until there is something to tell. */
  function nothingNew(): Changes {
    const [shared, groups] = [parts.cursor(), membersSeen(reach)]
    const own = fingerprint(self === null ? null : see(self))
    if (written.shared !== shared || written.own !== own || written.groups !== groups)
      written = { shared, own, groups, nothing: { ...written.nothing, cursor: encodeCursor(current()) } }
    return written.nothing
  }

  function changesSince(text: string | null): Changes {
    if (text === null) return everything()
    const nothing = nothingNew()
    if (text === nothing.cursor && !parts.isRetelling()) return nothing
    const given = decodeCursor(text)
    if (given === null || given.epoch !== parts.epoch || given.facts.length !== parts.followed.length) return everything()
    if (isBehind(given)) return { presences: [], removed: [], cursor: text, full: false }
    // Nothing may have been told of who came into its groups since.
    if (given.groups !== membersSeen(reach)) return everything()
    const cursor = recency.heardOf(given)
    if (cursor === null) return everything()
    const gone = new Set<UserId>()
    const slots = recency.since(cursor, gone)
    const next = latest(cursor, current())
    const ownSlot = self === null ? -1 : subjects.slotOf(self)
    if (next.own !== cursor.own && ownSlot >= 0) slots.add(ownSlot)
    const removed = [...gone].filter((userId) => subjects.slotOf(userId) < 0 && within(userId))
    return { presences: [...presencesAt(slots)], removed, cursor: encodeCursor(next), full: false }
  }

  function allowed<Asked extends unknown[], Answer>(read: (...asked: Asked) => Answer): (...asked: Asked) => Answer {
    return mayRead ? read : () => assertReads(principal) as never
  }

  return {
    get: allowed(see),
    many: allowed((userIds) => userIds.map(see)),
    everyone: allowed(everyone),
    changedAfter: allowed((instant) =>
      [...presencesAt(recency.toldAfter(instant))]
        .filter((presence) => presence.changedAt >= instant)
        .sort((one, other) => other.changedAt - one.changedAt),
    ),
    changesSince: allowed(changesSince),
    watch: allowed((watcher) => watchers.watch(principal, watcher)),
  }
}

/** Throws Failure `forbidden` when the token may not read presence. */
export function assertReads({ scopes }: Principal): void {
  if (!scopes.has('presence:read'))
    throw new Failure('forbidden', 'The token lacks the scope presence:read.', { reason: 'scope_missing' })
}

/** Never further back than either, whichever node is asked. */
function latest(one: Cursor, other: Cursor): Cursor {
  return {
    ...other,
    directory: Math.max(one.directory, other.directory),
    facts: other.facts.map((position, partition) => Math.max(position, one.facts[partition] ?? 0)),
    lapsed: Math.max(one.lapsed, other.lapsed),
  }
}

const membersSeen = (reach: Reach | null): string => (reach?.groups === undefined ? '' : markOf(reach.groups.mark()))

const fingerprints = new WeakMap<Presence, string>()

/** The same on every node for the same view. */
function fingerprint(presence: Presence | null): string {
  if (presence === null) return ''
  const known = fingerprints.get(presence)
  if (known !== undefined) return known
  const made = markOf(JSON.stringify(presence))
  fingerprints.set(presence, made)
  return made
}
