import { isIP } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import type { Condition, Settings, SettingsView } from '../core/accounts.ts'
import type { Audit } from '../core/audit.ts'
import { Failure } from '../core/errors.ts'
import type { Ledger, Version } from '../core/ports.ts'
import { PERMISSIONS, type Permission, ROLES, type Role } from '../core/principal.ts'
import type { Instant } from '../core/vocabulary.ts'
import { createDocument, type Document } from './document.ts'
import { assertHolds } from './permission.ts'
import type { Replica } from './replica.ts'

export const DEFAULT_SETTINGS: Settings = {
  notesAllowed: true,
  invisibleAllowed: true,
  broadcastDisabled: false,
  broadcastOthers: true,
  statusesEnabled: true,
  awayAfterMs: 300_000,
  graceMs: 10_000,
  declaredOnlineMaxMs: 8 * 3_600_000,
  allowedOrigins: [],
  webhookHosts: [],
  rateCallsMax: 600,
  rateWindowMs: 60_000,
  history: 'off',
  historyDays: 30,
  auditDays: 365,
}

export type RolePermissions = Readonly<Record<Permission, readonly Role[]>>

export const DEFAULT_ROLE_PERMISSIONS: RolePermissions = {
  'set-others-presence': ['admin'],
  'manage-users': ['admin'],
  'manage-settings': ['admin'],
  'manage-presets': ['admin'],
  'manage-webhooks': ['admin'],
  'manage-groups': ['admin'],
  'read-explain': ['admin'],
  'read-history': ['admin'],
  'read-audit': ['admin'],
  'read-metrics': ['admin'],
  'bypass-rate-limit': ['admin', 'bot'],
  'list-users': ['admin', 'user', 'bot'],
}

const ORIGINS_MAX = 1_000
const WEBHOOK_HOSTS_MAX = 100

/** Lowest and highest value, in ms where the name says so. */
const RANGES: Partial<Record<keyof Settings, readonly [number, number]>> = {
  awayAfterMs: [1_000, 86_400_000],
  graceMs: [0, 3_600_000],
  declaredOnlineMaxMs: [0, 30 * 86_400_000],
  rateCallsMax: [1, 1_000_000],
  rateWindowMs: [100, 86_400_000],
  historyDays: [1, 3_650],
  auditDays: [1, 3_650],
}

/** The words of settings that are one of a few. */
const WORDS: Partial<Record<keyof Settings, readonly string[]>> = { history: ['off', 'own', 'all'] }

/** Throws Failure `invalid` naming the setting and what would be right. */
export function assertSettings(change: Partial<Settings>): void {
  for (const [name, value] of Object.entries(change)) {
    if (value === undefined) continue
    const wanted = wantedOf(name, value)
    if (wanted === null) continue
    const reason = name in DEFAULT_SETTINGS ? 'malformed' : 'no_such_setting'
    throw new Failure('invalid', `${name} ${wanted}.`, { reason, field: name })
  }
}

/** Null: it is right. */
function wantedOf(name: string, value: unknown): string | null {
  if (!isSetting(name)) return 'is not a setting'
  const range = RANGES[name]
  if (range !== undefined) {
    const [lowest, highest] = range
    const right = typeof value === 'number' && Number.isInteger(value) && value >= lowest && value <= highest
    return right ? null : `must be a whole number from ${lowest} to ${highest}`
  }
  const words = WORDS[name]
  if (words !== undefined) return words.some((word) => word === value) ? null : `must be one of ${words.join(', ')}`
  if (name === 'allowedOrigins') {
    const right = Array.isArray(value) && value.length <= ORIGINS_MAX && value.every(isOrigin)
    return right ? null : `must be a list of at most ${ORIGINS_MAX} origins such as https://app.example.org`
  }
  if (name === 'webhookHosts') {
    const right = Array.isArray(value) && value.length <= WEBHOOK_HOSTS_MAX && value.every(isHostOrNetwork)
    return right ? null : `must be a list of at most ${WEBHOOK_HOSTS_MAX} host names, addresses or networks such as 10.0.0.0/8`
  }
  return typeof value === 'boolean' ? null : 'must be true or false'
}

const isSetting = (name: string): name is keyof Settings => Object.hasOwn(DEFAULT_SETTINGS, name)

/** Scheme, host and port, as browsers write it. */
export function isOrigin(value: unknown): value is string {
  return typeof value === 'string' && URL.canParse(value) && new URL(value).origin === value
}

/** A host name in lower case, as URLs have it; an address; or a network with its bits. */
function isHostOrNetwork(value: unknown): boolean {
  if (typeof value !== 'string' || value.length > 253) return false
  const [address = '', bits, ...more] = value.split('/')
  const bitsMax = isIP(address) === 4 ? 32 : 128
  if (isIP(address) > 0) return more.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= bitsMax))
  return /^(?=.*[a-z])[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(value)
}

export function assertRolePermissions(change: Partial<Record<Permission, readonly Role[]>>): void {
  for (const [permission, roles] of Object.entries(change)) {
    if (!PERMISSIONS.some((known) => known === permission))
      throw new Failure('invalid', `${permission} is not a permission; there are ${PERMISSIONS.join(', ')}.`, {
        field: permission,
      })
    if (!roles.every((role) => ROLES.includes(role)))
      throw new Failure('invalid', `${permission} must list roles out of ${ROLES.join(', ')}.`, { field: permission })
  }
}

/** What differs from the defaults, and since when. */
interface KeptSettings {
  readonly at: Instant
  readonly values: Partial<Settings>
}

/** The settings, and what each role may do. */
export interface Workspace {
  readonly settings: SettingsView
  readonly settingsDocument: { put(value: Uint8Array | null, version: Version): void }
  readonly rolesDocument: Document<Partial<RolePermissions>>
  rolePermissions(): RolePermissions
  /** Throws Failure `invalid` naming the setting. */
  changeSettings(change: Partial<Settings>, by: string, condition?: Condition): Promise<Settings>
  /** Throws Failure `invalid` naming the permission. */
  changeRolePermissions(change: Partial<RolePermissions>, by: string): Promise<void>
}

export interface WorkspaceParts {
  readonly ledger: Ledger
  readonly replica: Replica
  readonly audit: Audit
}

export function createWorkspace({ ledger, replica, audit }: WorkspaceParts): Workspace {
  const kept = createDocument<KeptSettings>('settings', { at: 0, values: {} })
  const rolesDocument = createDocument<Partial<RolePermissions>>('roles', {})
  const listeners: Parameters<SettingsView['onChange']>[0][] = []
  let current = DEFAULT_SETTINGS
  return {
    settings: {
      get current() {
        return current
      },
      onChange: (listener) => void listeners.push(listener),
    },
    settingsDocument: {
      put(value, version) {
        kept.put(value, version)
        current = { ...DEFAULT_SETTINGS, ...kept.current.values }
        for (const listener of listeners) listener(current, kept.current.at, version)
      },
    },
    rolesDocument,
    rolePermissions: () => ({ ...DEFAULT_ROLE_PERMISSIONS, ...rolesDocument.current }),
    async changeSettings(change, by, condition) {
      assertSettings(change)
      const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
      await replica.change(() => {
        assertHolds(condition)
        const values = { ...kept.current.values, ...given }
        if (isDeepStrictEqual(values, kept.current.values)) return { writes: [], answer: null }
        const at = ledger.now()
        const details = differences(current, { ...DEFAULT_SETTINGS, ...values })
        const appends = audit({ kind: 'settings.changed', by, details }, at)
        return { writes: [kept.write({ ...kept.current, at, values })], appends, answer: null }
      })
      return current
    },
    async changeRolePermissions(change, by) {
      assertRolePermissions(change)
      const given = Object.fromEntries(Object.entries(change).filter(([, roles]) => roles !== undefined))
      await replica.change(() => {
        const permissions = { ...rolesDocument.current, ...given }
        const details = differences(
          { ...DEFAULT_ROLE_PERMISSIONS, ...rolesDocument.current },
          { ...DEFAULT_ROLE_PERMISSIONS, ...permissions },
        )
        const appends = audit({ kind: 'permissions.changed', by, details }, ledger.now())
        return { writes: [rolesDocument.write(permissions)], appends, answer: null }
      })
    },
  }
}

/** What differs, by name. */
function differences<Values extends object>(before: Values, after: Values): Record<string, unknown> {
  const names = (Object.keys(after) as (keyof Values & string)[]).filter((name) => !isDeepStrictEqual(before[name], after[name]))
  return Object.fromEntries(names.map((name) => [name, { from: before[name], to: after[name] }]))
}
