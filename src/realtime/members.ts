import type { Authentication } from '../core/accounts.ts'
import { createGrouped } from '../core/grouped.ts'
import type { Principal } from '../core/principal.ts'
import type { UserId } from '../core/vocabulary.ts'
import { type Admission, createAdmission } from './admission.ts'
import { CLOSE, type Connection } from './connection.ts'
import { createLifelines, type Lifelines } from './lifelines.ts'
import { CLOSE_MS_MAX, SOCKETS_PER_TOKEN_MAX, SOCKETS_PER_USER_MAX } from './limits.ts'

/** Every connection that is open, of whatever kind. */
export interface Members {
  readonly lifelines: Lifelines
  /** Null: there is room; else in how many seconds to try again. */
  turnAway(): number | null
  /** Whether this principal has as many connections as it may. */
  isFull(principal: Principal): boolean
  /** Somebody came; who it is, is not known yet. Its connection is put in once there is one. */
  join(kind: string): Member
  /** Also of one that was somebody else's before. False: it has too many already. */
  identified(member: Member, principal: Principal): boolean
  left(member: Member): void
  /** The server ended a connection, and why. */
  wasCut(reason: CutReason): void
  /** Closes everyone, who may come back; resolves once they are gone. */
  leave(): Promise<void>
  readonly open: number
  /** How many were turned away since the start. */
  readonly turnedAway: number
  /** Of each kind, how many are open. */
  readonly openByKind: ReadonlyMap<string, number>
  /** Since the start, by reason. */
  readonly cuts: ReadonlyMap<CutReason, number>
}

/** Why the server ended a connection: it does not read, does not answer, never said who it is, its user has too many, … */
export type CutReason = 'slow' | 'dead' | 'late' | 'full' | 'policy' | 'bug' | 'going_away' | 'other'

export interface Member {
  readonly id: string
  /** What it speaks, and over what; for counting. */
  readonly kind: string
  connection: MemberConnection | null
  /** Null: a stranger. */
  principal: Principal | null
}

export interface MemberConnection extends Connection {
  /** The token that it was identified with is no more, or its user. */
  ended(): void
}

export interface MembersParts {
  readonly newId: () => string
  readonly onEnded: Authentication['onEnded']
  readonly admission?: Admission
  /** Somebody was turned away for so long, in ms, or could not be heard, who may have a session that waits for them. */
  readonly onTurnedAway?: (ms: number) => void
}

export function createMembers({
  newId,
  onEnded,
  onTurnedAway,
  admission = createAdmission({ random: Math.random, onLate: () => onTurnedAway?.(0) }),
}: MembersParts): Members {
  const lifelines = createLifelines()
  const members = new Set<Member>()
  const byToken = createGrouped<string, Member>()
  const byUser = createGrouped<UserId, Member>()
  /** Of each person, and of each token that speaks for itself, how many there are. */
  const counts = new Map<string, number>()
  const openByKind = new Map<string, number>()
  const cuts = new Map<CutReason, number>()
  let [strangers, turnedAway] = [0, 0]
  let leaving = false
  let emptied: (() => void) | null = null

  onEnded((ended) => {
    const group = 'tokenId' in ended ? byToken.of(ended.tokenId) : byUser.of(ended.userId)
    for (const { connection } of group) connection?.ended()
  })

  function isFull({ by, userId }: Principal): boolean {
    return (counts.get(by) ?? 0) >= (by === userId ? SOCKETS_PER_USER_MAX : SOCKETS_PER_TOKEN_MAX)
  }

  function forget(member: Member, { by, userId, tokenId }: Principal): void {
    const count = counts.get(by) ?? 0
    if (count > 1) counts.set(by, count - 1)
    else counts.delete(by)
    byUser.remove(userId, member)
    if (tokenId !== null) byToken.remove(tokenId, member)
  }

  return {
    lifelines,
    isFull,
    turnAway() {
      const seconds = leaving ? 1 : admission.turnAway(members.size, strangers)
      if (seconds === null) return null
      turnedAway++
      onTurnedAway?.(seconds * 1_000)
      return seconds
    },
    join(kind) {
      const member = { id: newId(), kind, connection: null, principal: null }
      members.add(member)
      openByKind.set(kind, (openByKind.get(kind) ?? 0) + 1)
      strangers++
      return member
    },
    identified(member, principal) {
      const { by, userId, tokenId } = principal
      const before = member.principal
      if (before?.by !== by && isFull(principal)) return false
      if (!members.has(member)) return true
      if (before === null) strangers--
      else forget(member, before)
      member.principal = principal
      counts.set(by, (counts.get(by) ?? 0) + 1)
      byUser.add(userId, member)
      if (tokenId !== null) byToken.add(tokenId, member)
      return true
    },
    left(member) {
      if (!members.delete(member)) return
      openByKind.set(member.kind, (openByKind.get(member.kind) ?? 1) - 1)
      if (member.principal === null) strangers--
      else forget(member, member.principal)
      if (members.size === 0) emptied?.()
    },
    wasCut: (reason) => void cuts.set(reason, (cuts.get(reason) ?? 0) + 1),
    openByKind,
    cuts,
    async leave() {
      leaving = true
      admission.stop()
      const empty = new Promise<void>((resolve) => {
        emptied = resolve
      })
      for (const { connection } of members) connection?.close(CLOSE.goingAway, 'the server restarts')
      if (members.size > 0) await Promise.race([empty, patience(CLOSE_MS_MAX)])
      for (const { connection } of members) connection?.terminate()
      lifelines.stop()
    },
    get open() {
      return members.size
    },
    get turnedAway() {
      return turnedAway
    },
  }
}

const patience = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms).unref())
