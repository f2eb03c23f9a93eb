import type { Changes } from '../core/service.ts'
import type { ShownPresence, UserId } from '../core/vocabulary.ts'
import { createChangeLog } from './log.ts'
import type { Answer } from './requests.ts'
import { presenceIn } from './translate.ts'

/** What a server tells, the same over a socket and in a stream. */
export type Told =
  | {
      readonly type: 'snapshot'
      readonly everyone?: boolean
      readonly users?: readonly UserId[]
      readonly unknown?: readonly string[]
      /** Whom words name that are not ids. */
      readonly named?: Readonly<Record<string, UserId>>
    }
  | { readonly type: 'presence'; readonly presence: Answer }
  | { readonly type: 'removed'; readonly userId: UserId }
  | { readonly type: 'cursor'; readonly cursor: string }
  | { readonly type: 'reset' }

export interface MirrorParts {
  told(presence: ShownPresence, words: ReadonlySet<string>): void
  gone(userId: UserId, words: ReadonlySet<string>): void
  /** All that was asked for may have been heard now. */
  settled(): void
}

/** What the server shows of those who are watched, held here: a snapshot, and each change laid over it. */
export interface Mirror {
  /** By id, or by a word that was asked for. */
  get(word: string): ShownPresence | null
  all(): Iterable<ShownPresence>
  changesSince(cursor: string | null): Changes<ShownPresence>
  readonly cursor: string
  hear(told: Told): void
  /** Begins a connection on which nothing was asked for yet. */
  began(): void
  asked(): void
  answered(): void
  /** What was being told on the connection that is no more is asked for anew. */
  cut(): void
  /** Where to go on for this word, or for everyone (null), without hearing all of it again; null: there is no such place. */
  since(word: string | null): string | null
  /** The id that a word stands for, once that is known. */
  idOf(word: string): UserId | undefined
  /** Only these are watched from here on. */
  keep(wanted: Wanted): void
  /** All that was asked for has been heard. */
  readonly inStep: boolean
}

export interface Wanted {
  readonly everyone: boolean
  readonly words: ReadonlySet<string>
}

const NO_WORDS: ReadonlySet<string> = new Set()

export function createMirror({ told, gone, settled }: MirrorParts): Mirror {
  const held = new Map<UserId, ShownPresence>()
  const ids = new Map<string, UserId>()
  const words = new Map<UserId, Set<string>>()
  const log = createChangeLog()
  /** Named by a snapshot, and not told yet: who still is when it ends, is no more. */
  const unheard = new Set<UserId>()
  let wanted: Wanted = { everyone: false, words: NO_WORDS }
  let cursor = ''
  let pouring = false
  let holdsEveryone = false
  let asksOpen = 0
  let asksSent = 0

  function put(presence: ShownPresence): void {
    const { userId } = presence
    unheard.delete(userId)
    if (!wanted.everyone && !words.has(userId)) return
    if (JSON.stringify(held.get(userId)) === JSON.stringify(presence)) return
    held.set(userId, presence)
    log.changed(userId)
    told(presence, words.get(userId) ?? NO_WORDS)
  }

  function drop(userId: UserId): void {
    const known = words.get(userId) ?? NO_WORDS
    for (const word of known) ids.delete(word)
    words.delete(userId)
    unheard.delete(userId)
    if (!held.delete(userId)) return
    log.changed(userId)
    gone(userId, known)
  }

  function name(word: string, userId: UserId): void {
    if (!wanted.words.has(word)) return
    ids.set(word, userId)
    words.set(userId, (words.get(userId) ?? new Set()).add(word))
  }

  function begin({ everyone = false, users = [], unknown = [], named = {} }: Extract<Told, { type: 'snapshot' }>): void {
    if (everyone) for (const userId of held.keys()) unheard.add(userId)
    pouring ||= everyone
    for (const userId of users) {
      name(userId, userId)
      unheard.add(userId)
    }
    for (const [word, userId] of Object.entries(named)) name(word, userId)
    for (const word of unknown) drop(ids.get(word) ?? word)
  }

  /** A cursor holds for all that was asked for only when nothing else was, or all of it was answered. */
  function reach(text: string): void {
    for (const userId of unheard) drop(userId)
    if (pouring) holdsEveryone = true
    pouring = false
    if (asksOpen > 0 && asksSent > 1) return
    cursor = text
    log.reached(text)
  }

  function hear(said: Told): void {
    switch (said.type) {
      case 'snapshot':
        begin(said)
        break
      case 'presence':
        put(presenceIn(said.presence))
        break
      case 'removed':
        drop(said.userId)
        break
      case 'cursor':
        reach(said.cursor)
        break
      case 'reset':
        cursor = ''
        log.forget()
        break
    }
    if (said.type !== 'snapshot') settled()
  }

  return {
    get: (word) => held.get(word) ?? held.get(ids.get(word) ?? '') ?? null,
    all: () => held.values(),
    changesSince(since) {
      const changed = since === null ? null : log.since(since)
      if (changed === null) return { presences: [...held.values()], removed: [], cursor, full: true }
      const presences = [...changed].flatMap((userId) => held.get(userId) ?? [])
      return { presences, removed: [...changed].filter((userId) => !held.has(userId)), cursor, full: false }
    },
    get cursor() {
      return cursor
    },
    hear,
    began() {
      asksOpen = 0
      asksSent = 0
    },
    asked() {
      asksOpen++
      asksSent++
    },
    answered() {
      asksOpen = Math.max(0, asksOpen - 1)
      settled()
    },
    cut() {
      for (const userId of unheard) for (const word of words.get(userId) ?? []) ids.delete(word)
      unheard.clear()
      pouring = false
      asksOpen = 0
    },
    since: (word) => ((word === null ? holdsEveryone : ids.has(word)) && cursor !== '' ? cursor : null),
    idOf: (word) => ids.get(word),
    keep(now) {
      wanted = now
      if (now.everyone) return
      holdsEveryone = false
      for (const [word, userId] of ids) {
        if (now.words.has(word)) continue
        ids.delete(word)
        words.get(userId)?.delete(word)
        if (words.get(userId)?.size === 0) words.delete(userId)
      }
      for (const userId of held.keys()) if (!words.has(userId)) held.delete(userId)
    },
    get inStep() {
      return asksOpen === 0 && unheard.size === 0 && !pouring
    },
  }
}
