import type { AdministrationService, Preference } from '../core/accounts.ts'
import { Failure } from '../core/errors.ts'
import type { Version, Write } from '../core/ports.ts'
import type { UserId } from '../core/vocabulary.ts'
import { isLine } from './fields.ts'
import { PREFERENCE_NAME_LENGTH_MAX, PREFERENCE_VALUE_LENGTH_MAX, PREFERENCES_MAX } from './limits.ts'

type Name = Pick<Preference, 'category' | 'name'>

export interface Preferences {
  /** `path` is what follows `preference/` in the key. `told`: not while loading. */
  put(path: string, value: Uint8Array | null, version: Version, told: boolean): void
  readonly onChange: AdministrationService['onPreference']
  of(userId: UserId): readonly Preference[]
  /** Throws Failure `invalid`. */
  write(userId: UserId, preferences: readonly Preference[]): Write[]
  /** Those that there are. */
  remove(userId: UserId, names: readonly Name[]): Write[]
  removeAll(userId: UserId): Write[]
}

export function createPreferences(): Preferences {
  const kept = new Map<UserId, Map<string, { readonly value: string; readonly version: Version }>>()
  const listeners: Parameters<AdministrationService['onPreference']>[0][] = []

  const remove = (userId: UserId, paths: Iterable<string>): Write[] =>
    [...new Set(paths)].flatMap((path) => {
      const found = kept.get(userId)?.get(path)
      return found === undefined ? [] : [{ key: keyOf(userId, path), value: null, expects: found.version }]
    })

  return {
    put(path, value, version, told) {
      const userId = path.slice(0, path.indexOf('/'))
      const rest = path.slice(userId.length + 1)
      const own = kept.get(userId) ?? new Map()
      if (value === null) own.delete(rest)
      else own.set(rest, { value: Buffer.from(value).toString(), version })
      if (own.size === 0) kept.delete(userId)
      else kept.set(userId, own)
      if (!told || value === null) return
      for (const listener of listeners) listener(userId, { ...nameOf(rest), value: Buffer.from(value).toString() })
    },
    onChange: (listener) => void listeners.push(listener),
    of: (userId) => [...(kept.get(userId) ?? [])].map(([path, { value }]) => ({ ...nameOf(path), value })),
    write(userId, preferences) {
      const own = kept.get(userId)
      const last = new Map<string, Preference>()
      for (const preference of preferences) {
        assertPreference(preference)
        last.set(pathOf(preference), preference)
      }
      const added = [...last.keys()].filter((path) => !own?.has(path)).length
      if ((own?.size ?? 0) + added > PREFERENCES_MAX)
        throw new Failure('invalid', `A user may have at most ${PREFERENCES_MAX} preferences.`, { field: 'name' })
      return [...last]
        .filter(([path, { value }]) => own?.get(path)?.value !== value)
        .map(([path, { value }]) => ({
          key: keyOf(userId, path),
          value: Buffer.from(value),
          expects: own?.get(path)?.version ?? 0,
        }))
    },
    remove: (userId, names) => remove(userId, names.filter(isName).map(pathOf)),
    removeAll: (userId) => remove(userId, kept.get(userId)?.keys() ?? []),
  }
}

function assertPreference(preference: Preference): void {
  if (!isName(preference))
    throw new Failure('invalid', `category and name must have 1 to ${PREFERENCE_NAME_LENGTH_MAX} characters.`, { field: 'name' })
  if (preference.value.length > PREFERENCE_VALUE_LENGTH_MAX || !preference.value.isWellFormed())
    throw new Failure('invalid', `value must have at most ${PREFERENCE_VALUE_LENGTH_MAX} characters.`, { field: 'value' })
}

function isName({ category, name }: Name): boolean {
  return [category, name].every((text) => text !== '' && isLine(text, PREFERENCE_NAME_LENGTH_MAX))
}

const keyOf = (userId: UserId, path: string): string => `preference/${userId}/${path}`
const pathOf = ({ category, name }: Name): string => `${encodeURIComponent(category)}/${encodeURIComponent(name)}`

function nameOf(path: string): Name {
  const [category = '', name = ''] = path.split('/')
  return { category: decodeURIComponent(category), name: decodeURIComponent(name) }
}
