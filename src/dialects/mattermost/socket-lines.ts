import type { Preference, Principal, Services } from '../../core/service.ts'
import type { Instant, Presence, UserId } from '../../core/vocabulary.ts'
import { createSocketEvents } from './socket-events.ts'
import { createLine, type Line } from './socket-line.ts'

/** How long a line is kept for a client that may come back, in ms. */
export const KEPT_MS = 5 * 60_000
/** Lines that are kept at once; the one cut first is forgotten beyond. */
const KEPT_MAX = 20_000

/** All lines, by their user and by their id. */
export interface Lines {
  /** A new one; `connectionId` is its id from now on. */
  open(principal: Principal, connectionId: string): Line
  /** The line of a client that comes back, if it is the same user and token; null: not known, or no longer. */
  find(principal: Principal, connectionId: string): Line | null
  /** It has no socket any more; its client may come back. */
  keep(line: Line): void
  /** It has one again. */
  unkeep(line: Line): void
  forget(line: Line): void
  /** Whom a user asked for over HTTP: their connections are told of them from now on. */
  asked(userId: UserId, presences: readonly (Presence | null)[]): void
  /** A user's preferences were kept. */
  preferences(userId: UserId, preferences: readonly Preference[]): void
}

export function createLines(services: Services): Lines {
  const { now } = services
  const events = createSocketEvents(services)
  const byUser = new Map<UserId, Set<Line>>()
  const byId = new Map<string, Line>()
  /** When lines without a socket were cut, the first one first. */
  const kept = new Map<Line, Instant>()

  const forget = (line: Line): void => {
    kept.delete(line)
    byId.delete(line.connectionId)
    const own = byUser.get(line.principal.userId)
    own?.delete(line)
    if (own?.size === 0) byUser.delete(line.principal.userId)
  }
  const forgetOld = (): void => {
    for (const [line, cutAt] of kept) {
      if (kept.size <= KEPT_MAX && now() - cutAt < KEPT_MS) break
      forget(line)
    }
  }

  return {
    open(principal, connectionId) {
      forgetOld()
      const line = createLine({ services, events, principal, connectionId })
      byId.set(connectionId, line)
      const own = byUser.get(principal.userId)
      if (own === undefined) byUser.set(principal.userId, new Set([line]))
      else own.add(line)
      return line
    },
    find({ userId, tokenId }, connectionId) {
      forgetOld()
      const line = byId.get(connectionId)
      if (line === undefined || line.principal.userId !== userId || line.principal.tokenId !== tokenId) return null
      return line
    },
    keep(line) {
      kept.delete(line)
      if (byId.get(line.connectionId) === line) kept.set(line, now())
      forgetOld()
    },
    unkeep: (line) => void kept.delete(line),
    forget,
    asked(userId, presences) {
      const lines = byUser.get(userId)
      if (lines === undefined) return
      const known = presences.filter((presence) => presence !== null)
      for (const line of lines) line.asked(known)
    },
    preferences(userId, preferences) {
      const lines = byUser.get(userId)
      if (lines === undefined) return
      const head = events.preferences(userId, preferences)
      for (const line of lines) line.tell(head)
    },
  }
}
