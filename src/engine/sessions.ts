import type { SettingsView } from '../core/accounts.ts'
import { Failure } from '../core/errors.ts'
import type { Ledger, Subjects } from '../core/ports.ts'
import type { Principal } from '../core/principal.ts'
import type { PresenceRecord, Session, SessionOwner } from '../core/record.ts'
import type { Attendance, Attended } from '../core/service.ts'
import type { Instant, UserId } from '../core/vocabulary.ts'
import { found, inspectNames } from './admission.ts'
import { createAttending } from './attending.ts'
import { createDeadlines } from './deadlines.ts'
import type { Enact } from './enact.ts'
import { eventsFor, type Held, isHoldersOf, isInTrust } from './held.ts'
import { createHolding, type SessionsFigures } from './holding.ts'
import type { Nodes } from './nodes.ts'
import type { Slices } from './slices.ts'
import { createStalls } from './stalls.ts'
import { createTaking } from './taking.ts'

/** How long sessions of the process before this one wait for their users to come back, in ms. */
export const RESTART_GRACE_MS = 60_000
/** A write that failed is tried again after this long, in ms, then twice as long, up to RETRY_MS_MAX. */
const RETRY_MS = 250
const RETRY_MS_MAX = 15_000
/** How long after somebody came back here another node's taking over may be heard of that was begun before, in ms. */
const CROSSING_MS = 10_000

export interface SessionsParts {
  readonly ledger: Ledger
  readonly subjects: Subjects
  readonly settings: SettingsView
  readonly slices: Slices
  readonly random: () => number
  readonly nodes: Nodes
  /** How long sessions of a node that was restarted, or is gone, wait for their users to come back, in ms. */
  readonly restartGraceMs: number
  readonly enact: Enact
  readonly recordOf: (userId: UserId) => PresenceRecord
  readonly log: { warn(details: object, message: string): void }
}

/** The sessions of this node's connections: their truth is here, the facts follow it, and are written only when they differ. */
export interface Sessions {
  attend(principal: Principal, via: string, attendance: Attendance): Attended
  /** Sessions that were found in the ledger, and are this node's to look after: somebody may come back for them. */
  restore(userId: UserId, record: PresenceRecord): void
  /** Resolves once it is known when each of them ends. */
  start(): Promise<void>
  /** The user's facts are others now. */
  seen(userId: UserId, record: PresenceRecord): void
  /** The user may not be present any more. */
  endUser(userId: UserId): void
  endToken(tokenId: string): void
  /** Clients cannot come back for so long, in ms, through no fault of theirs: everybody's grace begins anew after it. */
  holdGraces(ms: number): void
  /** This node has a new incarnation: the facts have to name it. */
  reclaim(): void
  /** A node's sessions are its own again, or another's to end. */
  release(node: string): void
  stop(): void
  readonly figures: SessionsFigures
}

export function createSessions(parts: SessionsParts): Sessions {
  const { ledger, subjects, settings, slices, random, enact, recordOf, nodes, restartGraceMs, log } = parts
  const now = () => ledger.now()
  const holding = createHolding()
  const deadlines = createDeadlines({ now, slices, onDue })
  const stalls = createStalls({ now, needed: () => deadlines.pending > 0 })
  const taking = createTaking({ holding, nodes, now, recordOf, end })
  const attendedBy = createAttending({ now, say, end, cut })
  let begunAt: Instant | null = null
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
    if (held.settling || stopped || holding.at(held.number) !== held) return
    held.settling = true
    const events = (record: PresenceRecord) => {
      nodes.assertBelieved()
      return eventsFor(held, record, nodes.self())
    }
    enact(held.userId, events, { via: held.via, by: held.userId, self: true })
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
    if (record !== null && eventsFor(held, record, nodes.self()).length > 0) settle(held)
    else if (held.endedAt !== null || isAbandoned(held)) forget(held)
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
    held.endedAt ??= now()
    deadlines.set(held.number, null)
    holding.remove(held)
  }

  function restore(userId: UserId, record: PresenceRecord): void {
    for (const session of record.sessions)
      if (session.owner !== null && session.seenUntil === null) keep(userId, session, session.owner, record)
  }

  /** A connection came for another node's session, and was cut off before it was taken over: it is that node's still. */
  const isAbandoned = ({ lost, holder }: Held): boolean => lost !== null && !nodes.tends(holder)

  /** One that is this node's to look after, and is not held yet. */
  function keep(userId: UserId, session: Session, owner: SessionOwner, record: PresenceRecord): void {
    const { node } = owner
    nodes.meet(node)
    if (!nodes.tends(node)) return
    if (holding.of(userId).some(({ sessionId }) => sessionId === session.id)) return
    const at = begunAt === null ? now() : Math.max(begunAt, nodes.goneAt(node) ?? now())
    const graceMs = Math.max(restartGraceMs, settings.current.graceMs)
    const held = taking.keep(userId, session, record, { at, graceMs })
    if (begunAt === null) return
    schedule(held)
    stalls.start()
  }

  /** The facts are others now. `anew`: they name an incarnation of this node that is over. */
  function follow(held: Held, record: PresenceRecord, anew = false): void {
    const session = record.sessions.find(({ id }) => id === held.sessionId)
    if (session !== undefined && !isHoldersOf(held, session, nodes.self())) lose(held)
    else if (session !== undefined && session.seenUntil === null) {
      if (session.owner?.node === nodes.self().node) held.holder = nodes.self().node
      // Somebody who says that they are online, is at it (T2).
      if (held.idle && !session.idle) held.lastInputAt = Math.max(held.lastInputAt, record.lastActiveAt ?? 0)
      held.idle = session.idle
      if (held.settling) return
      if (anew && !isInTrust(held, nodes.self())) settle(held)
      else schedule(held)
    } else if (held.endedAt === null && !held.settling) {
      // Ended by others: whoever is still there is present, and nobody else is.
      if (held.lost !== null && (session !== undefined || anew || isInTrust(held, nodes.self()))) forget(held)
      else settle(held)
    }
  }

  /** Another node has the session. A connection that was named there has no say any more; any other gets a session of its own. */
  function lose(held: Held): void {
    const { node } = nodes.self()
    const isCrossed = now() - held.backAt < CROSSING_MS
    const isNamed = held.holder === node && !held.byChance && !isCrossed && !nodes.isDoubted()
    if (held.lost !== null || held.endedAt !== null || isNamed) forget(held)
    else {
      held.sessionId = crypto.randomUUID()
      held.holder = node
      settle(held)
    }
  }

  function say(held: Held, said: 'active' | 'idle', lastInputAt: Instant): void {
    held.lastInputAt = lastInputAt
    const differs = (held.said ?? (held.idle ? 'idle' : 'active')) !== said
    if (!differs) return
    held.said = said
    schedule(held)
    settle(held)
  }

  function cut(held: Held): void {
    held.lost = { at: now(), graceMs: null }
    held.ended = null
    schedule(held)
    if (isAbandoned(held)) settle(held)
    stalls.start()
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
      const { held, isNew } = taking.take(principal, via, attendance)
      // Nothing is written, and no time taken from the user, when nothing differs.
      schedule(held)
      if (isNew || eventsFor(held, recordOf(userId), nodes.self()).length > 0) settle(held)
      return attendedBy(held, connectionId)
    },
    restore,
    async start() {
      // Whoever may come back has been able to only from now on, however long the loading took.
      const at = now()
      begunAt = at
      await slices.each(holding.all(), (held) => {
        if (held.lost !== null) held.lost = { ...held.lost, at }
        schedule(held)
      })
      deadlines.start()
      if (deadlines.pending > 0) stalls.start()
    },
    seen(userId, record) {
      for (const held of holding.of(userId)) follow(held, record)
      restore(userId, record)
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
    reclaim() {
      void slices.each([...holding.all()], (held) => {
        if (!held.settling && subjects.slotOf(held.userId) >= 0) follow(held, recordOf(held.userId), true)
      })
    },
    release(node) {
      for (const held of holding.all()) if (held.holder === node && isInTrust(held, nodes.self())) forget(held)
    },
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
