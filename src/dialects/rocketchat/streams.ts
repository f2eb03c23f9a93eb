import { Failure } from '../../core/errors.ts'
import type { Principal } from '../../core/principal.ts'
import type { Services, Watch } from '../../core/service.ts'
import type { UserId } from '../../core/vocabulary.ts'
import type { Outbox } from '../../realtime/outbox.ts'
import type { RingPlace } from '../../realtime/ring.ts'
import { methodError, nosub, ready } from './ddp.ts'
import { NAME } from './ids.ts'
import { type BugLog, methodErrorOf } from './methods-errors.ts'
import type { PresenceStream } from './streams-frames.ts'
import type { News } from './streams-news.ts'
import type { PresetEvents } from './streams-presets.ts'

/** Subscriptions of one connection; more are refused. */
const SUBSCRIPTIONS_MAX = 256

export interface StreamsParts {
  readonly services: Services
  readonly presets: PresetEvents
  readonly news: News
  readonly principal: Principal
  /** What gathers the connection's events of one stream. */
  readonly outbox: (stream: PresenceStream) => Outbox
  /** The connection's place among those who are told of everybody but themselves. */
  readonly joinRing: () => RingPlace
  /** Sends one message. */
  readonly send: (message: string) => void
  readonly log: BugLog
}

/** The subscriptions of one connection, for as long as one user is logged in on it. Answers are messages to be sent. */
export interface Streams {
  subscribe(id: string, name: string, params: readonly unknown[]): string
  unsubscribe(id: string): string
  /** Ends them all; answers the ids of those that were open. */
  stop(): readonly string[]
}

export function createStreams({ services, presets, news, principal, outbox, joinRing, send, log }: StreamsParts): Streams {
  const { people, presence } = services
  /** Which source each subscription listens to. Several may share one: an event does not say whose it is. */
  const subscriptions = new Map<string, string>()
  const sources = new Map<string, Source>()
  let watching: Watch | null = null

  function watch(stream: PresenceStream): Watch {
    const waiting = outbox(stream)
    const watch = presence.as(principal, NAME).view.watch({
      told(shown) {
        if (news.isNew(shown, shown.userId === principal.userId)) waiting.told(shown)
      },
      gone: waiting.gone,
    })
    return {
      ...watch,
      add(userIds) {
        watch.add(userIds)
        news.forget(userIds)
      },
      everyone(on) {
        watch.everyone(on)
        news.forgetAll()
      },
      stop() {
        watch.stop()
        waiting.stop()
      },
    }
  }

  function open(name: string, event: string): Source {
    if (name === 'stream-notify-user') return event === `${people.idIn(NAME, principal.userId)}/userData` ? own('own') : SILENT
    if (event === 'user-status') return everyone()
    return { stop: presets.listen(event, send) }
  }

  /** Whose token reaches everybody shares what all are told; what it sees of itself is its own. */
  function everyone(): Source {
    if (principal.reach === null) {
      const [self, place] = [own('logged'), joinRing()]
      news.forgetAll()
      place.start()
      return {
        stop() {
          self.stop()
          place.leave()
        },
      }
    }
    const listening = watch('logged')
    listening.everyone(true)
    return listening
  }

  function own(stream: PresenceStream): Source {
    const listening = watch(stream)
    listening.add([principal.userId])
    return listening
  }

  /** Only the first such subscription stays open; later ones edit the list, and end. */
  function editWatched(id: string, options: unknown): string {
    const { added, removed } = listsOf(options)
    const first = watching === null
    const list = watching ?? watch('watched')
    try {
      list.remove(usersOf(removed))
      list.add(usersOf(added))
    } catch (error) {
      if (first) list.stop()
      throw error
    }
    watching = list
    if (!first) return nosub(id)
    subscriptions.set(id, WATCHED)
    sources.set(WATCHED, { stop: () => stopWatching(list) })
    return ready(id)
  }

  function stopWatching(list: Watch): void {
    list.stop()
    watching = null
  }

  function listen(id: string, name: string, event: string): string {
    assertMayHear(name, event)
    const source = `${name}/${event}`
    if (!sources.has(source)) sources.set(source, open(name, event))
    subscriptions.set(id, source)
    return ready(id)
  }

  function assertMayHear(name: string, event: string): void {
    if (name === 'stream-notify-logged' || event.startsWith(`${people.idIn(NAME, principal.userId)}/`)) return
    throw new Failure('forbidden', 'Not allowed', { reason: 'permission_missing' })
  }

  function usersOf(ids: readonly string[]): UserId[] {
    return ids.map((id) => people.find(NAME, id)).filter((userId) => userId !== null)
  }

  function end(id: string): void {
    const source = subscriptions.get(id)
    if (source === undefined) return
    subscriptions.delete(id)
    if ([...subscriptions.values()].includes(source)) return
    sources.get(source)?.stop()
    sources.delete(source)
  }

  return {
    subscribe(id, name, [event, options]) {
      const known = STREAMS.has(name)
      if (!known) return nosub(id, methodError(404, `Subscription '${name}' not found`))
      if (typeof event !== 'string') return nosub(id, methodError(400, 'Match failed'))
      if (subscriptions.has(id)) return ready(id)
      if (subscriptions.size >= SUBSCRIPTIONS_MAX)
        return nosub(id, methodError('too-many-subscriptions', `A connection has at most ${SUBSCRIPTIONS_MAX} subscriptions`))
      try {
        return name === WATCHED ? editWatched(id, options) : listen(id, name, event)
      } catch (error) {
        return nosub(id, methodErrorOf(error, log))
      }
    },
    unsubscribe(id) {
      end(id)
      return nosub(id)
    },
    stop() {
      const ids = [...subscriptions.keys()]
      for (const id of ids) end(id)
      return ids
    },
  }
}

interface Source {
  stop(): void
}

const WATCHED = 'stream-user-presence'
const STREAMS: ReadonlySet<string> = new Set([WATCHED, 'stream-notify-logged', 'stream-notify-user'])

/** An event that never comes; clients may wait for it as long as they like. */
const SILENT: Source = { stop() {} }

/** Newer clients put the lists among the arguments of the event, older ones beside its name. */
function listsOf(options: unknown): { readonly added: readonly string[]; readonly removed: readonly string[] } {
  const { args, ...beside } = fieldsOf(options)
  const { added, removed } = Array.isArray(args) ? fieldsOf(args[0]) : beside
  return { added: textsOf(added), removed: textsOf(removed) }
}

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {}

const textsOf = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((element): element is string => typeof element === 'string') : []
