import type { Authentication, Settings, SettingsView } from '../../src/core/accounts.ts'
import type { Ledger, Subjects, Version } from '../../src/core/ports.ts'
import { PERMISSIONS, type Principal, type Scope } from '../../src/core/principal.ts'
import { CLAIM_CLASSES, type Instant, type Presence, type UserId } from '../../src/core/vocabulary.ts'
import { DEFAULT_SETTINGS } from '../../src/directory/settings.ts'
import { createEngine, type Engine } from '../../src/engine/engine.ts'
import { createMemoryLedger } from '../../src/ledgers/memory.ts'

export const SETTINGS: Settings = DEFAULT_SETTINGS

const SCOPES: readonly Scope[] = [
  'presence:read',
  'presence:write-own',
  'presence:write-others',
  'sessions',
  ...CLAIM_CLASSES.map((claimClass) => `claims:${claimClass}` as const),
]

/** A login token's principal: every scope, no permission. */
export function aPrincipal(userId: UserId, change: Partial<Principal> = {}): Principal {
  return {
    userId,
    by: userId,
    tokenId: 'token',
    administrator: false,
    permissions: new Set(),
    scopes: new Set(SCOPES),
    reach: null,
    origins: null,
    ...change,
  }
}

export const anAdministrator = (userId: UserId): Principal =>
  aPrincipal(userId, { administrator: true, permissions: new Set(PERMISSIONS) })

interface Person {
  readonly userId: UserId
  readonly createdAt: Instant
  readonly bot: boolean
  readonly deactivated: boolean
  readonly administrator: boolean
}

export interface Crowd extends Subjects {
  /** A user comes, or changes. */
  put(userId: UserId, person?: Partial<Omit<Person, 'userId'>>): void
  remove(userId: UserId): void
}

/** Users without a directory: who they are, and what changes about them. */
export function createCrowd(userIds: readonly UserId[] = []): Crowd {
  const people: (Person | null)[] = []
  const slots = new Map<UserId, number>()
  const listeners: Parameters<Subjects['onChange']>[0][] = []
  let version = 0
  let lastRemoval = 0
  const versions = new Map<number, number>()

  function put(userId: UserId, person: Partial<Omit<Person, 'userId'>> = {}): void {
    const known = slots.get(userId)
    const slot = known ?? (people.includes(null) ? people.indexOf(null) : people.length)
    const before = people[slot] ?? { createdAt: 0, bot: false, deactivated: false, administrator: false }
    people[slot] = { ...before, ...person, userId }
    slots.set(userId, slot)
    versions.set(slot, ++version)
    for (const listener of listeners) listener({ slot, userId, gone: false, version })
  }

  for (const [slot, userId] of userIds.entries()) {
    people[slot] = { userId, createdAt: 0, bot: false, deactivated: false, administrator: false }
    slots.set(userId, slot)
  }

  return {
    put,
    remove(userId) {
      const slot = slots.get(userId) ?? -1
      slots.delete(userId)
      people[slot] = null
      lastRemoval = ++version
      for (const listener of listeners) listener({ slot, userId, gone: true, version })
    },
    slotOf: (userId) => slots.get(userId) ?? -1,
    idAt: (slot) => people[slot]?.userId ?? null,
    createdAt: (slot) => people[slot]?.createdAt ?? 0,
    isBot: (slot) => people[slot]?.bot ?? false,
    isDeactivated: (slot) => people[slot]?.deactivated ?? false,
    isAdministrator: (slot) => people[slot]?.administrator ?? false,
    versionAt: (slot) => versions.get(slot) ?? 0,
    get lastRemoval() {
      return lastRemoval
    },
    get slots() {
      return people.length
    },
    onChange: (listener) => void listeners.push(listener),
  }
}

export interface ChangeableSettings extends SettingsView {
  change(change: Partial<Settings>, at: Instant, version?: Version): void
}

export function createSettings(): ChangeableSettings {
  let current = SETTINGS
  const listeners: Parameters<SettingsView['onChange']>[0][] = []
  return {
    get current() {
      return current
    },
    onChange: (listener) => void listeners.push(listener),
    change(change, at, version = 0) {
      current = { ...current, ...change }
      for (const listener of listeners) listener(current, at, version)
    },
  }
}

export interface World {
  readonly engine: Engine
  readonly crowd: Crowd
  readonly settings: ChangeableSettings
  readonly ledger: Ledger
  /** What the engine warned of. */
  readonly warnings: string[]
  /** A token is no more. */
  readonly endToken: (tokenId: string) => void
  /** Moves the ledger's clock. */
  readonly pass: (ms: Instant) => void
  readonly close: () => Promise<void>
}

export interface WorldParts {
  readonly userIds?: readonly UserId[]
  readonly crowd?: Crowd
  readonly ledger?: Ledger
  readonly start?: Instant
  readonly warmMax?: number
}

/** An engine over a memory ledger whose clock the test moves. */
export async function createWorld({
  userIds = [],
  crowd = createCrowd(userIds),
  start = 1_000_000,
  ...parts
}: WorldParts): Promise<World> {
  let clock = start
  const ledger = parts.ledger ?? createMemoryLedger({ clock: () => clock })
  const settings = createSettings()
  const warnings: string[] = []
  const endings: Parameters<Authentication['onEnded']>[0][] = []
  const engine = createEngine({
    ledger,
    subjects: crowd,
    settings,
    random: () => 0,
    ...(parts.warmMax !== undefined && { warmMax: parts.warmMax }),
    onEnded: (listener) => void endings.push(listener),
    log: { warn: (_details, message) => void warnings.push(message) },
  })
  const positions = await ledger.load((entry) => engine.apply(entry))
  await engine.loaded(positions)
  const stop = ledger.follow(positions, { commit: (commit) => engine.commit(commit), reload: () => void warnings.push('reload') })
  return {
    engine,
    crowd,
    settings,
    ledger,
    warnings,
    endToken(tokenId) {
      for (const listener of endings) listener({ tokenId })
    },
    pass(ms) {
      clock += ms
    },
    async close() {
      await engine.close()
      stop()
    },
  }
}

/** Hears of everyone as a stranger does. */
export function watchEveryone({ engine }: World, told: (presence: Presence) => void): void {
  engine.service
    .as(aPrincipal('watcher'), 'test')
    .view.watch({ told, gone: () => {} })
    .everyone(true)
}
