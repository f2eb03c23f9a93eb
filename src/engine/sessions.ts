import type { SettingsView } from '../core/accounts.ts'
import { Failure } from '../core/errors.ts'
import type { Ledger, Subjects } from '../core/ports.ts'
import type { Principal } from '../core/principal.ts'
import type { PresenceRecord, SessionOwner } from '../core/record.ts'
import { lives } from '../core/resolve.ts'
import type { Attendance, Attended } from '../core/service.ts'
import type { Instant, UserId } from '../core/vocabulary.ts'
import { found, inspectNames, SESSIONS_MAX } from './admission.ts'
import { createDeadlines } from './deadlines.ts'
import type { Enact } from './enact.ts'
import { eventsFor, type Held } from './held.ts'
import { createHolding, type SessionsFigures } from './holding.ts'
import type { Slices } from './slices.ts'
import { createStalls } from './stalls.ts'

/** How long sessions of the process before this one wait for their users to come back, in ms. */
export const RESTART_GRACE_MS = 60_000
/** A write that failed is tried again after this long, in ms, then twice as long, up to RETRY_MS_MAX. */
const RETRY_MS = 250
const RETRY_MS_MAX = 15_000

export interface SessionsParts {
  readonly ledger: Ledger
  readonly subjects: Subjects
  readonly settings: SettingsView
  readonly slices: Slices
  readonly random: () => number
  readonly owner: () => SessionOwner
  readonly enact: Enact
  readonly recordOf: (userId: UserId) => PresenceRecord
  readonly log: { warn(details: object, message: string): void }
}

/** The sessions of this node's connections: their truth is here, the facts follow it, and are written only when they differ. */
export interface Sessions {
  attend(principal: Principal, via: string, attendance: Attendance): Attended
  /** A session that was found in the ledger: somebody may come back for it. */
  restore(userId: UserId, record: PresenceRecord): void
  start(): void
  /** The user's facts are others now. */
  seen(userId: UserId, record: PresenceRecord): void
  /** The user may not be present any more. */
  endUser(userId: UserId): void
  endToken(tokenId: string): void
  /** Clients cannot come back for so long, in ms, through no fault of theirs: everybody's grace begins anew after it. */
  holdGraces(ms: number): void
  stop(): void
  readonly figures: SessionsFigures
}

export function createSessions(parts: SessionsParts): Sessions {
  const { ledger, subjects, settings, slices, random, enact, recordOf, owner, log } = parts
  const now = () => ledger.now()
  const holding = createHolding()
  const deadlines = createDeadlines({ now, slices, onDue })
  const stalls = createStalls({ now, needed: () => deadlines.pending > 0 })
  let stopped = false

  settings.onChange(() => {
    for (const held of holding.all()) schedule(held)
  })

  /** When to look at a session again; null: never. */
  function dueAt(held: Held): Instant | null {
    if (held.endedAt !== null) return null
    if (held.lost !== null)
      return Math.max(held.lost.at + (held.lost.graceMs ?? settings.current.graceMs), stalls.heldUntil(settings.current.graceMs))
    if (held.idles === 'told' || (held.said === null ? held.idle : held.said === 'idle')) return null
    return held.lastInputAt + settings.current.awayAfterMs
  }

  function schedule(held: Held): void {
    deadlines.set(held.number, dueAt(held))
  }

  function onDue(number: number): void {
    const held = holding.at(number)
    const due = held && dueAt(held)
    if (held === undefined || due == null) return
    if (due > now()) deadlines.set(number, due)
    else if (held.lost === null) {
      held.said = 'idle'
      settle(held)
    } else end(held)
  }

  function end(held: Held): void {
    if (held.endedAt !== null) return
    held.endedAt = now()
    schedule(held)
    settle(held)
  }

  function endByOthers(held: Held): void {
    const { ended } = held
    end(held)
    ended?.()
  }

  /** Writes until the facts are as the session is. */
  function settle(held: Held): void {
    if (held.settling || stopped) return
    held.settling = true
    enact(held.userId, (record) => eventsFor(held, record, owner()), { via: held.via, by: held.userId, self: true })
      .then(
        () => settled(held),
        (error: unknown) => failed(held, error),
      )
      .catch(() => undefined)
  }

  function settled(held: Held): void {
    held.settling = false
    held.failures = 0
    if (holding.at(held.number) !== held) return
    const record = subjects.slotOf(held.userId) < 0 ? null : recordOf(held.userId)
    if (record !== null && eventsFor(held, record, owner()).length > 0) settle(held)
    else if (held.endedAt !== null) forget(held)
    else {
      held.said = null
      schedule(held)
    }
  }

  /** What cannot be written now is tried again; what never can, is given up. */
  function failed(held: Held, error: unknown): void {
    held.settling = false
    if (!(error instanceof Failure) || error.code !== 'unavailable') {
      log.warn({ userId: held.userId, sessionId: held.sessionId, err: error }, 'A session cannot be written and is given up.')
      forget(held)
      return
    }
    const ms = Math.min(RETRY_MS_MAX, RETRY_MS * 2 ** held.failures++) * (0.5 + random() / 2)
    setTimeout(() => settle(held), ms).unref()
  }

  function forget(held: Held): void {
    deadlines.set(held.number, null)
    holding.remove(held)
  }

  /** The one with the same connection id, else the longest cut one, of the same token and app (T7). */
  function adoptable(userId: UserId, token: string | null, { app, resumes }: Attendance): Held | undefined {
    const own = holding.of(userId).filter((held) => held.endedAt === null && held.token === token && held.app === app)
    const cut = own.filter((held) => held.lost !== null).sort((one, other) => (one.lost?.at ?? 0) - (other.lost?.at ?? 0))
    return own.find((held) => held.connectionId === resumes) ?? cut[0]
  }

  function open(principal: Principal, via: string, attendance: Attendance): Held {
    const { userId, tokenId: token } = principal
    const { connectionId, app, platform, idles, ended = null } = attendance
    makeRoom(userId)
    const sessionId = holding.of(userId).some((held) => held.sessionId === connectionId) ? crypto.randomUUID() : connectionId
    return holding.add({
      userId,
      sessionId,
      token,
      app,
      platform,
      via,
      idles,
      connectionId,
      lost: null,
      lastInputAt: now(),
      said: null,
      idle: false,
      endedAt: null,
      settling: false,
      failures: 0,
      ended,
    })
  }

  /** Beyond the bound the longest cut session ends; when all are connected, nobody else comes in. */
  function makeRoom(userId: UserId): void {
    const live = holding.of(userId).filter((held) => held.endedAt === null)
    const kept = recordOf(userId).sessions.filter((session) => session.owner === null && lives(session, now())).length
    if (live.length + kept < SESSIONS_MAX) return
    const [oldest] = live.filter((held) => held.lost !== null).sort((one, other) => (one.lost?.at ?? 0) - (other.lost?.at ?? 0))
    if (oldest === undefined) throw new Failure('invalid', `A user has at most ${SESSIONS_MAX} sessions.`, { field: 'sessions' })
    end(oldest)
  }

  function attendedBy(held: Held, connectionId: string): Attended {
    const mine = () => held.connectionId === connectionId && held.lost === null && held.endedAt === null
    const say = (said: 'active' | 'idle', lastInputAt: Instant): void => {
      held.lastInputAt = lastInputAt
      const differs = (held.said ?? (held.idle ? 'idle' : 'active')) !== said
      if (!differs) return
      held.said = said
      schedule(held)
      settle(held)
    }
    return {
      sessionId: held.sessionId,
      active: () => void (mine() && say('active', now())),
      idle(lastInputAt) {
        const unknown = held.idles === 'told' ? now() : held.lastInputAt
        if (mine()) say('idle', lastInputAt === null ? unknown : Math.min(lastInputAt, now()))
      },
      leave: () => void (mine() && end(held)),
      cut() {
        if (!mine()) return
        held.lost = { at: now(), graceMs: null }
        held.ended = null
        schedule(held)
        stalls.start()
      },
    }
  }

  return {
    attend(principal, via, attendance) {
      const { userId } = principal
      if (!principal.scopes.has('sessions') || (principal.reach !== null && !principal.reach.has(userId)))
        throw new Failure('forbidden', 'The token lacks the scope sessions.', { reason: 'scope_missing' })
      if (subjects.isDeactivated(found(subjects.slotOf(userId))))
        throw new Failure('forbidden', 'This user is deactivated.', { reason: 'deactivated' })
      const { app, platform, connectionId } = attendance
      inspectNames({ app, platform, connectionId })
      const adopted = adoptable(userId, principal.tokenId, attendance)
      const held = adopted ?? open(principal, via, attendance)
      held.connectionId = connectionId
      held.lost = null
      held.idles = attendance.idles
      held.ended = attendance.ended ?? null
      // Nothing is written, and no time taken from the user, when nothing differs.
      schedule(held)
      if (adopted === undefined || eventsFor(held, recordOf(userId), owner()).length > 0) settle(held)
      return attendedBy(held, connectionId)
    },
    restore(userId, record) {
      for (const { id, owner: of, token = null, app, platform, idles, idle, openedAt, seenUntil } of record.sessions) {
        if (of === null || seenUntil !== null) continue
        const known = { userId, sessionId: id, connectionId: id, token, app, platform, idles, idle, via: '', ended: null }
        const lost = { at: now(), graceMs: Math.max(RESTART_GRACE_MS, settings.current.graceMs) }
        const lastInputAt = record.lastActiveAt ?? openedAt
        schedule(holding.add({ ...known, lost, lastInputAt, said: null, endedAt: null, settling: false, failures: 0 }))
      }
    },
    start() {
      // Whoever may come back has been able to only from now on, however long the loading took.
      for (const held of holding.all()) {
        if (held.lost !== null) held.lost = { ...held.lost, at: now() }
        schedule(held)
      }
      deadlines.start()
      if (deadlines.pending > 0) stalls.start()
    },
    seen(userId, record) {
      for (const held of holding.of(userId)) {
        const session = record.sessions.find(({ id }) => id === held.sessionId)
        if (session === undefined) {
          if (held.endedAt === null && !held.settling) settle(held)
          continue
        }
        // Somebody who says that they are online, is at it (T2).
        if (held.idle && !session.idle) held.lastInputAt = Math.max(held.lastInputAt, record.lastActiveAt ?? 0)
        held.idle = session.idle
        if (!held.settling) schedule(held)
      }
    },
    endUser(userId) {
      for (const held of holding.of(userId)) {
        endByOthers(held)
        if (subjects.slotOf(userId) < 0) forget(held)
      }
    },
    endToken(tokenId) {
      for (const held of holding.withToken(tokenId)) endByOthers(held)
    },
    holdGraces: stalls.hold,
    stop() {
      stopped = true
      deadlines.stop()
      stalls.stop()
    },
    get figures() {
      return holding.figures
    },
  }
}
