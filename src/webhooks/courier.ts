import type { DirectoryKeys } from '../core/keys.ts'
import type { Log, PresenceView } from '../core/service.ts'
import type { Instant, Presence, UserId } from '../core/vocabulary.ts'
import type { DeadLetter } from '../core/webhooks.ts'
import { createFilter, type GroupsAsked } from './filter.ts'
import type { DeliveryLimits } from './limits.ts'
import { changedMessage, type Message } from './message.ts'
import { createProgress } from './progress.ts'
import type { Records, StoredWebhook } from './records.ts'
import { createRest } from './rest.ts'
import type { Sender } from './sender.ts'

/** Tells one webhook what changes, from where it stood, for as long as its words are the same. */
export interface Courier {
  /** Something may be there to tell. */
  wake(): void
  /** Users who wait to be told of. */
  readonly waiting: number
  /** Resolves once nothing is in flight; what was in flight is told again by whoever comes next. */
  stop(): Promise<void>
}

export interface CourierParts {
  readonly webhookId: string
  readonly webhook: StoredWebhook
  readonly keys: DirectoryKeys
  readonly records: Records
  /** As strangers see. */
  readonly view: PresenceView
  readonly groups: GroupsAsked
  readonly sender: Sender
  readonly shapeOf: (presence: Presence) => object
  /** Whether this node is the one that delivers. */
  readonly onDuty: () => boolean
  readonly limits: DeliveryLimits
  readonly now: () => Instant
  /** Spreads retries; 0 to 1. */
  readonly random: () => number
  readonly log: Log
}

/** Users to be told of, and how far all is told once they were. */
interface Round {
  readonly users: readonly UserId[]
  /** Null: a dead letter is told again, and nothing moves. */
  readonly cursor: string | null
  readonly letter: DeadLetter | null
  readonly full: boolean
}

export function createCourier(parts: CourierParts): Courier {
  const { webhookId, webhook, records, view, groups, sender, shapeOf, onDuty, limits, now, random, log } = parts
  const filter = createFilter(webhook, groups)
  const rest = createRest()
  const progress = createProgress(parts)
  const waiting = new Set<UserId>()
  /** What changed since the cursor is not, or not all, among those who wait. */
  let isBehind = true
  let isTelling = false

  const watch = view.watch({
    told: (presence) => void (filter.tells(presence) && note(presence.userId)),
    gone: (userId) => void (filter.tellsGone(userId) && note(userId)),
  })
  if (filter.users === null) watch.everyone(true)
  else watch.add(filter.users)

  function note(userId: UserId): void {
    if (!isBehind) waiting.add(userId)
    if (waiting.size > limits.waitingUsersMax) {
      isBehind = true
      waiting.clear()
    }
    rest.wake()
  }

  const wantedLetter = (): DeadLetter | undefined => records.dead.get(webhookId)?.find(({ wanted }) => wanted)
  const goesOn = (): boolean => !rest.stopped && onDuty()
  const hasWork = (): boolean => isBehind || waiting.size > 0 || wantedLetter() !== undefined

  function nextRound(): Round | null {
    const letter = wantedLetter()
    if (letter !== undefined) return { users: letter.users, cursor: null, letter, full: false }
    if (isBehind) return roundSince(progress.cursor)
    if (waiting.size === 0) return null
    const users = [...waiting]
    waiting.clear()
    return { users, cursor: watch.cursor(), letter: null, full: false }
  }

  function roundSince(since: string): Round {
    const { presences, removed, cursor, full } = view.changesSince(since)
    isBehind = false
    const users = presences.filter(filter.tells).map(({ userId }) => userId)
    return { users: [...users, ...removed.filter(filter.tellsGone)], cursor, letter: null, full }
  }

  async function deliver({ users, cursor, letter, full }: Round): Promise<void> {
    isTelling = true
    for (let start = 0; start < users.length && goesOn(); start += limits.batchUsersMax)
      await tell(users.slice(start, start + limits.batchUsersMax), full, letter)
    if (!goesOn()) return
    isTelling = false
    if (cursor !== null) await progress.reached(cursor)
  }

  /** Tries until the message is taken or given up. Each try tells how its users are by then. */
  async function tell(users: readonly UserId[], full: boolean, letter: DeadLetter | null): Promise<void> {
    for (let number = 1; goesOn(); number++) {
      const message = compose(users, full)
      if (message === null) return letter === null ? undefined : progress.settled(letter)
      const { tried, retryAfterMs } = await sender.send(webhook, message, number, rest.signal)
      if (rest.stopped) return
      if (tried.why === null) return progress.taken(letter)
      await progress.failed()
      const wait = limits.retryMs[number - 1]
      if (tried.status === GONE || wait === undefined) {
        const { messageId, why } = tried
        return progress.givenUp({ messageId, at: now(), users, tries: number, why, wanted: false }, letter, tried.status === GONE)
      }
      const asked = Math.min(retryAfterMs ?? 0, limits.retryAfterMsMax)
      await rest.for(Math.max(asked, wait * (1 - random() / 3)))
    }
  }

  /** Whoever waits again by now is told of with this. Null: there is nothing left to tell of them. */
  function compose(users: readonly UserId[], full: boolean): Message | null {
    const presences: Presence[] = []
    const removed: UserId[] = []
    for (const [at, presence] of view.many(users).entries()) {
      const userId = users[at] ?? ''
      waiting.delete(userId)
      if (presence === null) removed.push(userId)
      else if (filter.tells(presence)) presences.push(presence)
    }
    if (presences.length + removed.length === 0) return null
    return changedMessage({ webhookId, at: now(), presences, removed, full, shapeOf })
  }

  /** Waits until there is something to tell, and then for what comes with it. */
  async function attend(): Promise<void> {
    if (!hasWork() && !(await rest.untilWoken(limits.cursorMs))) await progress.reached(watch.cursor())
    await rest.for(limits.coalesceMs)
  }

  async function run(): Promise<void> {
    while (!rest.stopped) {
      if (!onDuty()) {
        isBehind = true
        waiting.clear()
        await rest.for(limits.dutyLookMs)
        progress.reload()
        continue
      }
      try {
        const round = nextRound()
        if (round !== null) await deliver(round)
      } catch (error) {
        log.warn({ webhookId, error }, 'A webhook could not go on; it begins again from its cursor.')
        isBehind = true
        await rest.for(limits.dutyLookMs)
      }
      await attend()
    }
  }

  const running = run()
  return {
    wake: rest.wake,
    get waiting() {
      return waiting.size
    },
    async stop() {
      rest.stop()
      await running
      if (!isTelling && !hasWork()) await progress.reached(watch.cursor())
      watch.stop()
    },
  }
}

/** The status by which a receiver says that it wants no more. */
const GONE = 410
