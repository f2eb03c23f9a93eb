import { Failure } from '../core/errors.ts'
import type { Activity, Availability, Instant, ShownPresence, UserId } from '../core/vocabulary.ts'
import { createCommands, type FarCommands, pathOf } from './commands.ts'
import { attendByHeartbeats } from './heartbeats.ts'
import type { Line, LineParts, LineState } from './line.ts'
import { createMirror } from './mirror.ts'
import { type Answer, type CallOptions, createRequests } from './requests.ts'
import { createSocketLine } from './socket.ts'
import { createStreamLine } from './stream.ts'
import { presenceIn, timeOf } from './translate.ts'
import { createWatchers, type FarView } from './view.ts'

export { Failure, type FailureCode, type FailureReason } from '../core/errors.ts'
export type { Attended, Changes, Explanation, KeptSession, Watch, Watcher } from '../core/service.ts'
export type { Activity, Availability, ShownPresence, Source } from '../core/vocabulary.ts'
export { type ActivityParts, reportActivity } from './activity.ts'
export type { FarAttendance, FarCommands } from './commands.ts'
export type { LineState } from './line.ts'
export type { CallOptions } from './requests.ts'
export type { FarView } from './view.ts'

export interface ClientParts {
  /** Where the server is, like https://presence.example.org. */
  readonly url: string
  readonly token: string
  /** `socket` (default): a WebSocket. `stream`: server-sent events and heartbeats, where no WebSocket gets through. */
  readonly transport?: 'socket' | 'stream'
  /** Told when what is watched becomes live, is cut or is over; the failure says why. */
  readonly onState?: (state: LineState, failure: Failure | null) => void
}

/** When something ends: milliseconds since 1970, or a Date. */
export type End = Instant | Date

/** A Rollcall server, as one token sees it. It connects when something is watched or attended, and comes back after every cut. */
export interface Client {
  /** Of those who are watched: synchronous, from the mirror. */
  readonly view: FarView
  readonly commands: FarCommands
  readonly state: LineState
  /** The last characters of its token: by them the tabs of one user know each other. */
  readonly tail: string
  /** Resolves once all that is watched has been heard. Throws Failure when it may not be, or is over. */
  ready(): Promise<void>
  /** Watches users (ids, usernames, `me`), or everyone; `told` hears of each at once and whenever it changes. Answers how to stop. */
  watch(users: readonly string[] | 'everyone', told: (presence: ShownPresence | null, userId: UserId) => void): () => void
  /** One user's presence now, whether watched or not. */
  read(user: string): Promise<ShownPresence>
  setAvailability(user: string, availability: Availability, more?: { activity?: Activity; until?: End }): Promise<ShownPresence>
  withdrawAvailability(user: string): Promise<ShownPresence>
  setNote(user: string, note: { text?: string; emoji?: string; until?: End }): Promise<ShownPresence>
  withdrawNote(user: string): Promise<ShownPresence>
  /** Any other address of the native API: JSON in and out. */
  call(method: string, path: string, body?: unknown, options?: CallOptions): Promise<Answer>
  /** Goodbye: sessions end, nothing is told any more. */
  close(): void
}

const TAIL_LENGTH = 6

/** Throws Failure `invalid` for what is no address. Nothing is sent before something is asked for. */
export function connect({ url, token, transport = 'socket', onState }: ClientParts): Client {
  if (!URL.canParse(url))
    throw new Failure('invalid', `"${url}" is no address like https://presence.example.org.`, { field: 'url' })
  const requests = createRequests(url, token)
  const waiting = new Set<{ resolve(): void; reject(failure: Failure): void }>()
  let state: LineState = 'idle'
  let over: Failure | null = null
  /** Of what is watched now. */
  let refusal: Failure | null = null

  const watchers = createWatchers(() => {
    refusal = null
    line.changed()
  })
  const mirror = createMirror({ told: watchers.told, gone: watchers.gone, settled })
  const parts: LineParts = { url, token, mirror, wanted: () => watchers.wanted, state: turn, refused }
  const kept = new Set<ReturnType<typeof attendByHeartbeats>>()
  const socket = transport === 'socket' ? createSocketLine(parts) : null
  const line: Line = socket ?? createStreamLine(parts, requests)
  const commands = createCommands(requests, socket?.attend ?? attendHere)

  function attendHere(attendance: Parameters<FarCommands['attend']>[0]): ReturnType<FarCommands['attend']> {
    const session = attendByHeartbeats(attendance, () => commands)
    kept.add(session)
    return session
  }

  function turn(now: LineState, failure: Failure | null = null): void {
    state = now
    if (now === 'ended') {
      over = failure
      reject(failure ?? new Failure('unavailable', 'The connection is over.'))
    }
    onState?.(now, failure)
    settled()
  }

  function settled(): void {
    if (waiting.size === 0 || !isReady()) return
    for (const { resolve } of waiting) resolve()
    waiting.clear()
  }

  function isReady(): boolean {
    const { everyone, words } = watchers.wanted
    return (!everyone && words.size === 0) || (state === 'live' && mirror.inStep)
  }

  function refused(failure: Failure): void {
    refusal = failure
    reject(failure)
  }

  function reject(failure: Failure): void {
    for (const one of waiting) one.reject(failure)
    waiting.clear()
  }

  /** A page hears from its browser that the network is there again. */
  const hurry = (): void => line.hurry()
  const page = globalThis as unknown as Partial<EventTarget>
  page.addEventListener?.('online', hurry)

  const changed = async (method: string, user: string, path: string, body?: object): Promise<ShownPresence> =>
    presenceIn(await requests.call(method, pathOf(user) + path, body))

  return {
    view: watchers.view(mirror),
    commands,
    tail: token.slice(-TAIL_LENGTH),
    get state() {
      return state
    },
    async ready() {
      // What was just asked for is sent within this turn.
      await Promise.resolve()
      const failure = over ?? refusal
      if (failure !== null) throw failure
      if (!isReady()) await new Promise<void>((resolve, fail) => waiting.add({ resolve, reject: fail }))
    },
    watch(users, told) {
      const watch = watchers.view(mirror).watch({ told: (seen) => told(seen, seen.userId), gone: (userId) => told(null, userId) })
      if (users === 'everyone') watch.everyone(true)
      else watch.add(users)
      const known = users === 'everyone' ? [...mirror.all()] : users.map(mirror.get)
      for (const seen of known) if (seen !== null) told(seen, seen.userId)
      return watch.stop
    },
    read: (user) => changed('GET', user, ''),
    setAvailability: (user, availability, { activity, until } = {}) =>
      changed('PUT', user, '/availability', { availability, activity, ...endOf(until) }),
    withdrawAvailability: (user) => changed('DELETE', user, '/availability'),
    setNote: (user, { until, ...words }) => changed('PUT', user, '/note', { ...words, ...endOf(until) }),
    withdrawNote: (user) => changed('DELETE', user, '/note'),
    call: requests.call,
    close() {
      page.removeEventListener?.('online', hurry)
      for (const session of kept) session.leave()
      line.close()
    },
  }
}

/** A token for a username and password. Throws Failure `unauthenticated`, `too_many`. */
export async function logIn(url: string, username: string, password: string): Promise<string> {
  return (await createRequests(url, null).call('POST', '/v1/login', { username, password })).token
}

const endOf = (until: End | undefined): object => (until === undefined ? {} : { until: timeOf(Number(until)) })
