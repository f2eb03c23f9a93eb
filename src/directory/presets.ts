import { isDeepStrictEqual } from 'node:util'
import type { AdministrationService, Preset } from '../core/accounts.ts'
import type { Audit } from '../core/audit.ts'
import { Failure } from '../core/errors.ts'
import type { Ledger, Version } from '../core/ports.ts'
import { createDocument } from './document.ts'
import { isLine } from './fields.ts'
import { PRESET_LENGTH_MAX, PRESETS_MAX } from './limits.ts'
import { newId, type Random } from './random.ts'
import type { Replica } from './replica.ts'
import { fold } from './userRecord.ts'

/** The ready-made statuses of the workspace. */
export interface Presets {
  readonly current: readonly Preset[]
  /** What the ledger holds of them. `told`: not while loading. */
  apply(value: Uint8Array | null, version: Version, told: boolean): void
  readonly onChange: AdministrationService['onPreset']
  /** Throws Failure `invalid`, `not_found` no_such_preset, `conflict` taken. */
  put(preset: Parameters<PutPreset>[0], by: string): Promise<Preset>
  /** Throws Failure `not_found` no_such_preset. */
  remove(presetId: string, by: string): Promise<void>
}

type PutPreset = (preset: { readonly id?: string; readonly name: string; readonly availability: string }) => void

export interface PresetsParts {
  readonly ledger: Ledger
  readonly replica: Replica
  readonly random: Random
  readonly audit: Audit
}

/** All of them under one key, so that no two nodes can give one name twice. */
export function createPresets({ ledger, replica, random, audit }: PresetsParts): Presets {
  const document = createDocument<readonly Preset[]>('presets', [])
  const listeners: Parameters<AdministrationService['onPreset']>[0][] = []

  function tell(before: readonly Preset[], after: readonly Preset[]): void {
    const changed = after.filter((preset) => !before.some((one) => isDeepStrictEqual(one, preset)))
    const gone = before.filter(({ id }) => !after.some((preset) => preset.id === id))
    for (const listener of listeners) {
      for (const preset of changed) listener(preset, 'put')
      for (const preset of gone) listener(preset, 'deleted')
    }
  }

  function others(presetId: string): readonly Preset[] {
    const rest = document.current.filter(({ id }) => id !== presetId)
    if (rest.length < document.current.length) return rest
    throw new Failure('not_found', 'There is no such preset.', { reason: 'no_such_preset', field: 'id' })
  }

  return {
    get current() {
      return document.current
    },
    apply(value, version, told) {
      const before = document.current
      document.put(value, version)
      if (told) tell(before, document.current)
    },
    onChange: (listener) => void listeners.push(listener),
    async put({ id, name, availability }, by) {
      assertText('name', name)
      assertText('availability', availability)
      return replica.change(() => {
        const rest = id === undefined ? document.current : others(id)
        if (rest.length >= PRESETS_MAX)
          throw new Failure('invalid', `There may be at most ${PRESETS_MAX} presets.`, { field: 'name' })
        if (rest.some((preset) => fold(preset.name) === fold(name)))
          throw new Failure('conflict', `A preset named "${name}" exists.`, { reason: 'taken', field: 'name' })
        const before = document.current.find((one) => one.id === id)
        const preset = { ...before, id: id ?? newId(random), name, availability, updatedAt: ledger.now() }
        const entry = { kind: 'preset.put', by, target: preset.id, details: { name, availability } } as const
        return { writes: [document.write([...rest, preset])], appends: audit(entry, preset.updatedAt), answer: preset }
      })
    },
    remove: (presetId, by) =>
      replica.change(() => ({
        writes: [document.write(others(presetId))],
        appends: audit({ kind: 'preset.deleted', by, target: presetId }, ledger.now()),
        answer: undefined,
      })),
  }
}

function assertText(field: string, text: string): void {
  if (text.trim() !== '' && isLine(text, PRESET_LENGTH_MAX)) return
  throw new Failure('invalid', `${field} must be one line of 1 to ${PRESET_LENGTH_MAX} characters.`, { field })
}
