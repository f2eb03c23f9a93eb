import { computed, type ReadonlySignal, signal } from '@preact/signals'
import type { FarAdministration, ToldUser } from '../client/administration.ts'
import type { Availability, Client, ShownPresence } from '../client/client.ts'
import { collator } from './words.ts'

export type User = ToldUser

/** Everybody, and how they are, live: what reads it while it is drawn is drawn again after changes, once a frame at most. */
export interface People {
  /** All users by name. */
  readonly users: ReadonlySignal<readonly User[]>
  /** All users have been read once. */
  readonly loaded: ReadonlySignal<boolean>
  readonly failure: ReadonlySignal<unknown>
  presence(userId: string): ShownPresence | null
  user(userId: string): User | null
  /** By id or username. */
  find(word: string): User | null
  /** What is searched in: name, username and note. */
  wordsOf(user: User): string
  counts(): Record<Availability, number>
  /** Changes heard since the page was opened. */
  readonly heard: number
  /** After users were changed here. */
  put(user: User): void
  remove(userId: string): void
  /** The connection is there again: who was made or renamed meanwhile is read again. */
  comeBack(): void
  stop(): void
}

/** While everybody is read, the page is drawn after so many. */
const DRAWN_USERS = 1_000
/** Unknown users are asked for together, after this long, in ms. */
const GATHER_MS = 300
/** From so many on, everybody is read again instead. */
const STRANGERS_MAX = 20

export function createPeople(client: Client, administration: FarAdministration): People {
  const known = new Map<string, User>()
  const presences = new Map<string, ShownPresence>()
  const strangers = new Set<string>()
  const tick = signal(0)
  const changed = signal(0)
  const loaded = signal(false)
  const failure = signal<unknown>(null)
  let heard = 0
  let frame = 0
  let gathering: ReturnType<typeof setTimeout> | undefined
  let stopped = false

  /** However much comes, the page is drawn once a frame, and not at all while nobody sees it. */
  function draw(): void {
    if (frame !== 0) return
    frame = requestAnimationFrame(() => {
      frame = 0
      tick.value++
    })
  }

  function told(presence: ShownPresence | null, userId: string): void {
    if (loaded.value) heard++
    if (presence === null) {
      presences.delete(userId)
      if (known.delete(userId)) changed.value++
    } else {
      presences.set(userId, presence)
      if (loaded.value && !known.has(userId)) ask(userId)
    }
    draw()
  }

  function ask(userId: string): void {
    strangers.add(userId)
    gathering ??= setTimeout(() => {
      gathering = undefined
      const ids = [...strangers]
      strangers.clear()
      if (ids.length > STRANGERS_MAX) void load()
      else for (const id of ids) administration.user(id).then(put, () => undefined)
    }, GATHER_MS)
  }

  async function load(): Promise<void> {
    try {
      let read = 0
      for await (const user of administration.users()) {
        if (stopped) return
        known.set(user.id, user)
        if (++read % DRAWN_USERS === 0) changed.value++
      }
      changed.value++
      failure.value = null
      loaded.value = true
      for (const userId of presences.keys()) if (!known.has(userId)) ask(userId)
    } catch (error) {
      failure.value = error
    }
  }

  function put(user: User): void {
    known.set(user.id, user)
    changed.value++
  }

  /** Whatever shows it is drawn anew when it changes. */
  function presence(userId: string): ShownPresence | null {
    void tick.value
    return presences.get(userId) ?? null
  }

  const users = computed(() => {
    void changed.value
    const { compare } = collator.value
    return [...known.values()].sort((one, other) => compare(nameOf(one), nameOf(other)))
  })
  const byUsername = computed(() => new Map(users.value.map((user) => [user.username.toLowerCase(), user])))
  const stop = client.watch('everyone', told)
  // A token may be too limited to see everyone.
  client.ready().catch((error: unknown) => {
    if (!stopped) failure.value = error
  })
  void load()

  return {
    users,
    loaded,
    failure,
    presence,
    user(userId) {
      void changed.value
      return known.get(userId) ?? null
    },
    find: (word) => known.get(word) ?? byUsername.value.get(word.toLowerCase()) ?? null,
    wordsOf: (user) => `${user.name} ${user.username} ${presence(user.id)?.note?.text ?? ''}`.toLowerCase(),
    counts() {
      void tick.value
      const counts: Record<Availability, number> = { online: 0, away: 0, busy: 0, dnd: 0, offline: 0 }
      for (const { availability } of presences.values()) counts[availability]++
      return counts
    },
    get heard() {
      return heard
    },
    put,
    remove(userId) {
      known.delete(userId)
      changed.value++
    },
    comeBack() {
      if (loaded.value || failure.value !== null) void load()
    },
    stop() {
      stopped = true
      stop()
      clearTimeout(gathering)
      cancelAnimationFrame(frame)
    },
  }
}

export const nameOf = ({ name, username }: Pick<User, 'name' | 'username'>): string => name || username
export const isAdministrator = ({ roles }: User): boolean => roles.includes('admin')
