import type { Authentication } from '../core/accounts.ts'
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
  /** `open` makes the connection and tells what to do when its token ends. */
  join(open: (member: Member) => Joined): void
  /** Closes everyone, who may come back; resolves once they are gone. */
  leave(): Promise<void>
  readonly open: number
  /** How many were turned away since the start. */
  readonly turnedAway: number
}

export interface Member {
  readonly id: string
  /** False: it has too many already. */
  readonly identified: (principal: Principal) => boolean
  readonly left: () => void
}

export interface Joined {
  readonly connection: Connection
  readonly ended: () => void
}

export interface MembersParts {
  readonly newId: () => string
  readonly onEnded: Authentication['onEnded']
  readonly admission?: Admission
  /** Somebody was turned away, who may have a session that waits for them. */
  readonly onTurnedAway?: () => void
}

export function createMembers({
  newId,
  onEnded,
  admission = createAdmission({ random: Math.random }),
  onTurnedAway,
}: MembersParts): Members {
  const lifelines = createLifelines()
  const members = new Map<string, Joined & { principal: Principal | null }>()
  const byToken = new Map<string, Set<string>>()
  const byUser = new Map<UserId, Set<string>>()
  /** Of each person, and of each token that speaks for itself, how many there are. */
  const counts = new Map<string, number>()
  let [strangers, turnedAway] = [0, 0]
  let leaving = false
  let emptied: (() => void) | null = null

  onEnded((ended) => {
    const ids = 'tokenId' in ended ? byToken.get(ended.tokenId) : byUser.get(ended.userId)
    for (const id of ids ?? []) members.get(id)?.ended()
  })

  function isFull({ by, userId }: Principal): boolean {
    return (counts.get(by) ?? 0) >= (by === userId ? SOCKETS_PER_USER_MAX : SOCKETS_PER_TOKEN_MAX)
  }

  function identified(id: string, principal: Principal): void {
    const member = members.get(id)
    if (member === undefined) return
    member.principal = principal
    counts.set(principal.by, (counts.get(principal.by) ?? 0) + 1)
    strangers--
    enter(byUser, principal.userId, id)
    if (principal.tokenId !== null) enter(byToken, principal.tokenId, id)
  }

  function left(id: string): void {
    const member = members.get(id)
    if (member === undefined) return
    members.delete(id)
    const { principal } = member
    if (principal === null) strangers--
    else {
      const count = counts.get(principal.by) ?? 0
      if (count > 1) counts.set(principal.by, count - 1)
      else counts.delete(principal.by)
      exit(byUser, principal.userId, id)
      if (principal.tokenId !== null) exit(byToken, principal.tokenId, id)
    }
    if (members.size === 0) emptied?.()
  }

  return {
    lifelines,
    isFull,
    turnAway() {
      const seconds = leaving ? 1 : admission.turnAway(members.size, strangers)
      if (seconds === null) return null
      turnedAway++
      onTurnedAway?.()
      return seconds
    },
    join(open) {
      const id = newId()
      let early: Principal | null = null
      let [known, gone] = [false, false]
      const member: Member = {
        id,
        identified(principal) {
          if (known) return true
          if (isFull(principal)) return false
          known = true
          if (members.has(id)) identified(id, principal)
          else early = principal
          return true
        },
        left() {
          gone = true
          left(id)
        },
      }
      const joined = open(member)
      if (gone) return
      members.set(id, { ...joined, principal: null })
      strangers++
      if (early !== null) identified(id, early)
    },
    async leave() {
      leaving = true
      admission.stop()
      const empty = new Promise<void>((resolve) => {
        emptied = resolve
      })
      for (const { connection } of members.values()) connection.close(CLOSE.goingAway, 'the server restarts')
      if (members.size > 0) await Promise.race([empty, patience(CLOSE_MS_MAX)])
      for (const { connection } of members.values()) connection.terminate()
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

function enter(index: Map<string, Set<string>>, key: string, id: string): void {
  const ids = index.get(key)
  if (ids === undefined) index.set(key, new Set([id]))
  else ids.add(id)
}

function exit(index: Map<string, Set<string>>, key: string, id: string): void {
  const ids = index.get(key)
  ids?.delete(id)
  if (ids?.size === 0) index.delete(key)
}

const patience = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms).unref())
