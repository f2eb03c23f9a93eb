import { setTimeout as pause } from 'node:timers/promises'
import { type Client, openClient } from './client.ts'
import {
  availabilityOf,
  CURSOR,
  GOODBYE,
  noteOf,
  OFFLINE,
  ONLINE,
  PRESENCE,
  type Seen,
  seenIn,
  TYPE_AT,
  userIn,
} from './frames.ts'
import { createMirror, type Mirror, type Truth } from './mirrors.ts'
import { userId } from './people.ts'
import { createTally, type Tally } from './tally.ts'

/** Thousands of clients with what each was told. */
export interface Crowd {
  /** Opens so many more, `atOnce` at a time or spread over `overMs`; resolves once all were let in. Answers how long it took, in ms. */
  open(options: { readonly count: number; readonly overMs?: number }): Promise<number>
  /** The first of them stop reading, or go on. */
  stall(share: number, on: boolean): void
  cutAll(): void
  /** Resolves when nothing was told for a while and everyone is back. */
  settle(quietMs?: number): Promise<void>
  /** Statuses that clients hold and that are not the truth. */
  wrong(truth: Truth): number
  readonly tally: Tally
  readonly connected: number
  close(): void
}

export interface CrowdParts {
  readonly url: string
  readonly users: number
  /** Each watches everyone, so many users, or nobody. */
  readonly watches: 'everyone' | number
  /** With a session. */
  readonly attends: boolean
  /** Who was cut comes back within so many ms, with its cursor; null: never. */
  readonly returnsWithinMs: number | null
  /** When a note was due; answers 0 for one that nobody waits for. */
  readonly dueAt: (note: number) => number
}

interface Member {
  client: Client
  readonly mirror: Mirror
  cursor: string | null
  stalled: boolean
  connected: boolean
}

const AT_ONCE = 256
const QUIET_MS = 400
const SETTLE_MS_MAX = 60_000
/** Users named in one message. */
const NAMED_MAX = 1_000

export function createCrowd({ url, users, watches, attends, returnsWithinMs, dueAt }: CrowdParts): Crowd {
  const members: Member[] = []
  const tally = createTally()
  const arrivedAt = new Float64Array(users)
  let [connected, closing, heardAt] = [0, false, performance.now()]

  function enter(user: number, welcomed: () => void): void {
    const member = {
      mirror: createMirror(watches === 'everyone' ? users : null, user % users),
      cursor: null,
      stalled: false,
      connected: false,
    } as unknown as Member
    members[user] = member
    join(user, member, welcomed)
  }

  function join(user: number, member: Member, welcomed: () => void): void {
    member.client = openClient({
      url,
      user,
      onHello(client) {
        connected++
        member.connected = true
        greet(client, member)
        welcomed()
      },
      onFrame: (bytes, at, end) => hear(member, bytes, at, end),
      onClose(retryAfterMs) {
        const [wasIn, again] = [member.connected, returnsWithinMs ?? retryAfterMs]
        if (wasIn) connected--
        member.connected = false
        if (closing || again === null) return
        tally.cut()
        const waitMs = (retryAfterMs ?? 0) + Math.random() * again
        setTimeout(() => closing || join(user, member, wasIn ? () => {} : welcomed), waitMs)
      },
    })
  }

  function greet(client: Client, { cursor, mirror }: Member): void {
    const since = cursor === null ? {} : { since: cursor }
    if (watches === 'everyone') client.say({ type: 'watch', everyone: true, ...since })
    else
      for (let from = 0; from < watches; from += NAMED_MAX) {
        const numbers = Array.from({ length: Math.min(NAMED_MAX, watches - from) }, (_, i) => watchedBy(client.user, from + i))
        mirror.expect(numbers)
        client.say({ type: 'watch', users: numbers.map(userId), ...since })
      }
    if (!attends) return
    arrivedAt[client.user % users] = performance.now()
    client.say({ type: 'attend', app: 'bench', platform: 'test' })
  }

  /** Spread, so that each user is watched by as many. */
  const watchedBy = (user: number, i: number): number => (user + 1 + i * Math.max(1, Math.floor(users / Number(watches)))) % users

  function hear(member: Member, bytes: Buffer, at: number, end: number): void {
    const type = bytes[at + TYPE_AT]
    if (type === PRESENCE && bytes[at + TYPE_AT + 1] === 0x72) told(member, bytes, at, end)
    else if (type === CURSOR && returnsWithinMs !== null) member.cursor = cursorIn(bytes, at, end)
    else if (type === GOODBYE) {
      const { cursor } = JSON.parse(bytes.toString('latin1', at, end)) as { cursor: string | null }
      member.cursor = cursor
    }
  }

  function told(member: Member, bytes: Buffer, at: number, end: number): void {
    const [user, seen] = [userIn(bytes, at), seenIn(bytes, at)]
    const before = member.mirror.put(user, seen, bytes, at, end)
    heardAt = performance.now()
    tally.delivered(heardAt, latencyOf(before, seen, user), member.stalled)
    if (availabilityOf(seen) === OFFLINE && before !== 0 && availabilityOf(before) !== OFFLINE) tally.offline(heardAt)
  }

  function latencyOf(before: Seen, seen: Seen, user: number): number {
    const note = noteOf(seen)
    const changed = note !== noteOf(before) ? dueAt(note) : 0
    if (changed > 0) return heardAt - changed
    const came = attends && before !== 0 && availabilityOf(before) !== ONLINE && availabilityOf(seen) === ONLINE
    return came ? heardAt - (arrivedAt[user] ?? 0) : -1
  }

  async function open({ count, overMs }: { readonly count: number; readonly overMs?: number }): Promise<number> {
    const [from, began] = [members.length, performance.now()]
    let [next, welcomed] = [from, 0]
    await new Promise<void>((resolve) => {
      const done = (): void => {
        if (++welcomed === count) resolve()
        else if (overMs === undefined && next < from + count) enter(next++, done)
      }
      if (overMs === undefined) while (next < from + Math.min(AT_ONCE, count)) enter(next++, done)
      else
        for (let user = from; user < from + count; user++) setTimeout(() => enter(user, done), ((user - from) * overMs) / count)
    })
    return performance.now() - began
  }

  return {
    open,
    stall(share, on) {
      for (const member of members.slice(0, Math.round(share * members.length))) {
        member.stalled = true
        if (on) member.client.pause()
        else member.client.resume()
      }
    },
    cutAll() {
      for (const { client } of members) client.cut()
    },
    async settle(quietMs = QUIET_MS) {
      const until = performance.now() + SETTLE_MS_MAX
      heardAt = performance.now()
      const isBack = () => returnsWithinMs === null || connected === members.length
      while (performance.now() < until && (performance.now() - heardAt < quietMs || !isBack())) await pause(50)
    },
    wrong: (truth) => members.reduce((sum, { mirror }) => sum + mirror.wrong(truth), 0),
    tally,
    get connected() {
      return connected
    },
    close() {
      closing = true
      for (const { client } of members) client.cut()
    },
  }
}

function cursorIn(bytes: Buffer, at: number, end: number): string {
  return bytes.toString('latin1', at + '{"type":"cursor","cursor":"'.length, end - '"}'.length)
}
