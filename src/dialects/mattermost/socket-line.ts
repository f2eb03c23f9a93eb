import type { Principal } from '../../core/principal.ts'
import type { Services, Watch } from '../../core/service.ts'
import type { Note, Presence, UserId } from '../../core/vocabulary.ts'
import { SPACE } from './ids.ts'
import { recentsOf } from './preferences.ts'
import type { SocketEvents } from './socket-events.ts'
import { createSent } from './socket-sent.ts'
import { statusOf } from './translate.ts'

/** Users, beside oneself, of whose changes one connection is told: those asked for last. */
export const ASKED_MAX = 1_000

/** Where a line's events go while it has a socket. */
export interface Outlet {
  readonly watch: Watch
  /** A frame that is to go out, after those before. */
  send(frame: Buffer): void
  /** Nothing comes here any more. */
  replaced(): void
}

/** The numbered events of one connection, and what it was told last: all that outlives its socket. */
export interface Line {
  readonly connectionId: string
  readonly principal: Principal
  /** From now on its events go there, and no longer where they went; null: nowhere, until its client comes back. */
  attach(outlet: Outlet | null): void
  /** One more event; `head` as SocketEvents makes it. */
  tell(head: Buffer): void
  /** What its client does not know yet of a user it was told of before. */
  told(presence: Presence): void
  gone(userId: UserId): void
  /** Whom its client asked for; the presences are what it was answered. */
  asked(presences: readonly Presence[]): void
  /** What was told from a number on, that may be the next; null: not all of it is there. */
  from(seq: number): Buffer[] | null
  /** Tells whatever is not as it was told last. */
  catchUp(): void
}

export interface LineParts {
  readonly services: Services
  readonly events: SocketEvents
  readonly principal: Principal
  readonly connectionId: string
  /** The number of its first event after the hello, which nobody asks for again: its id came with it. */
  readonly first: number
}

export function createLine({ services, events, principal, connectionId, first }: LineParts): Line {
  const { presence: service, settings, administration, log } = services
  const see = (userId: UserId): Presence | null => service.as(principal, SPACE).view.get(userId)
  const isWithinReach = (userId: UserId): boolean => principal.reach?.has(userId) ?? true
  const sent = createSent(first)
  let outlet: Outlet | null = null
  /** Presences as they were told last, who was asked for last at the end; one's own apart, as it is never forgotten. */
  const known = new Map<UserId, Presence>()
  let ownKnown = see(principal.userId)

  const tell = (head: Buffer): void => {
    const frame = sent.next(head)
    outlet?.send(frame)
  }

  const tellOwnNote = async (): Promise<void> => {
    const recents = await recentsOf(administration.as(principal), principal.userId)
    const presence = see(principal.userId)
    if (presence !== null) tell(events.ownUser(presence, recents ?? undefined))
  }

  const untold = (error: unknown): void => log.warn({ err: error }, 'a custom status is not told to its owner')

  /** While statuses are off, only notes are told; the status stays the one that was told last. */
  const toldAfter = (before: Presence, presence: Presence): Presence =>
    settings.current.statusesEnabled ? presence : { ...presence, availability: before.availability, activity: before.activity }

  const toldOwn = (presence: Presence): void => {
    const before = ownKnown
    ownKnown = before === null ? presence : toldAfter(before, presence)
    if (before === null) return
    if (statusOf(before) !== statusOf(ownKnown)) tell(events.status(presence))
    if (!isSameNote(before.note, presence.note)) void tellOwnNote().catch(untold)
  }

  const told = (presence: Presence): void => {
    if (presence.userId === principal.userId) {
      toldOwn(presence)
      return
    }
    const before = known.get(presence.userId)
    if (before === undefined || before === presence || !settings.current.broadcastOthers) return
    const after = toldAfter(before, presence)
    known.set(presence.userId, after)
    if (statusOf(before) !== statusOf(after)) tell(events.status(presence))
    if (!isSameNote(before.note, presence.note)) tell(events.user(presence))
  }

  const gone = (userId: UserId): void => {
    const before = known.get(userId)
    known.delete(userId)
    outlet?.watch.remove([userId])
    if (before !== undefined && statusOf(before) !== 'offline')
      tell(events.status({ ...before, availability: 'offline', activity: null }))
  }

  return {
    connectionId,
    principal,
    tell,
    told,
    attach(next) {
      const before = outlet
      outlet = next
      if (before !== next) before?.replaced()
      next?.watch.add([principal.userId, ...known.keys()])
    },
    gone,
    asked(presences) {
      const others = presences.filter(({ userId }) => userId !== principal.userId && isWithinReach(userId)).slice(-ASKED_MAX)
      for (const presence of others) {
        const before = known.get(presence.userId)
        known.delete(presence.userId)
        known.set(presence.userId, before ?? presence)
      }
      const forgotten: UserId[] = []
      for (const userId of known.keys()) {
        if (known.size - forgotten.length <= ASKED_MAX) break
        forgotten.push(userId)
      }
      for (const userId of forgotten) known.delete(userId)
      outlet?.watch.remove(forgotten)
      outlet?.watch.add(others.map(({ userId }) => userId))
    },
    from: (seq) => sent.from(seq),
    catchUp() {
      for (const userId of [principal.userId, ...known.keys()]) {
        const presence = see(userId)
        if (presence === null) gone(userId)
        else told(presence)
      }
    },
  }
}

function isSameNote(one: Note | null, other: Note | null): boolean {
  if (one === null || other === null) return one === other
  return one.text === other.text && one.emoji === other.emoji && one.until === other.until
}
