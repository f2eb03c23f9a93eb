import type { Principal } from '../../core/principal.ts'
import type { Services } from '../../core/service.ts'
import type { Instant, Presence, UserId } from '../../core/vocabulary.ts'
import { isSame, RECENTS } from './preferences.ts'
import { createSocketEvents } from './socket-events.ts'
import { createLine, type Line } from './socket-line.ts'

/** How long a line is kept for a client that may come back, in ms. */
export const KEPT_MS = 5 * 60_000
/** Lines that are kept at once; the one cut first is forgotten beyond. */
const KEPT_MAX = 20_000
/** Of one user. */
const KEPT_PER_USER_MAX = 20

/** All lines, by their user and by their id. */
export interface Lines {
  /** A new one; `connectionId` is its id from now on, `first` the number of its first event after the hello. */
  open(principal: Principal, connectionId: string, first: number): Line
  /** The line of a client that comes back, if it is the same user and token; null: not known, or no longer. */
  find(principal: Principal, connectionId: string): Line | null
  /** It has no socket any more; its client may come back. */
  keep(line: Line): void
  /** It has one again. */
  unkeep(line: Line): void
  forget(line: Line): void
  /** Whom a user asked for over HTTP: their connections are told of them from now on. */
  asked(userId: UserId, presences: readonly (Presence | null)[]): void
}

export function createLines(services: Services): Lines {
  const { now } = services
  const events = createSocketEvents(services)
  const byId = new Map<string, Line>()
  const listening = new Map<UserId, Set<Line>>()
  /** Lines without a socket: when they were cut, the first one first; and the same by user. */
  const kept = new Map<Line, Instant>()
  const keptOf = new Map<UserId, Set<Line>>()

  const forget = (line: Line): void => {
    unkeep(line)
    exit(listening, line)
    byId.delete(line.connectionId)
  }
  const unkeep = (line: Line): void => {
    kept.delete(line)
    exit(keptOf, line)
  }
  const forgetOld = (): void => {
    for (const [line, cutAt] of kept) {
      if (kept.size <= KEPT_MAX && now() - cutAt < KEPT_MS) break
      forget(line)
    }
  }

  services.administration.onPreference((userId, preference) => {
    const lines = [...(listening.get(userId) ?? []), ...(keptOf.get(userId) ?? [])]
    if (lines.length === 0 || !isSame(preference, RECENTS)) return
    const head = events.preferences(userId, [preference])
    for (const line of lines) line.tell(head)
  })

  return {
    open(principal, connectionId, first) {
      forgetOld()
      const line = createLine({ services, events, principal, connectionId, first })
      byId.set(connectionId, line)
      enter(listening, line)
      return line
    },
    find({ userId, tokenId }, connectionId) {
      forgetOld()
      const line = byId.get(connectionId)
      if (line === undefined || line.principal.userId !== userId || line.principal.tokenId !== tokenId) return null
      return line
    },
    keep(line) {
      if (byId.get(line.connectionId) !== line) return
      exit(listening, line)
      kept.set(line, now())
      const [first, ...others] = enter(keptOf, line)
      if (first !== undefined && others.length >= KEPT_PER_USER_MAX) forget(first)
      forgetOld()
    },
    unkeep(line) {
      unkeep(line)
      enter(listening, line)
    },
    forget,
    asked(userId, presences) {
      const lines = listening.get(userId)
      if (lines === undefined) return
      const known = presences.filter((presence) => presence !== null)
      for (const line of lines) line.asked(known)
    },
  }
}

function enter(index: Map<UserId, Set<Line>>, line: Line): ReadonlySet<Line> {
  const { userId } = line.principal
  const lines = index.get(userId) ?? new Set()
  index.set(userId, lines.add(line))
  return lines
}

function exit(index: Map<UserId, Set<Line>>, line: Line): void {
  const { userId } = line.principal
  const lines = index.get(userId)
  lines?.delete(line)
  if (lines?.size === 0) index.delete(userId)
}
