import type { Presence } from '../core/vocabulary.ts'

export interface Fragments<Text = string, Version extends number | string = number> {
  /** The presence as this dialect writes it. `version` is that of the user where their profile is part of the text, or that part itself. */
  of(presence: Presence, version: Version): Text
}

export interface FragmentsParts<Text = string, Version extends number | string = number> {
  /** Texts kept, for as many users; the oldest is forgotten. */
  readonly entriesMax: number
  readonly encode: (presence: Presence, version: Version) => Text
}

/** Each presence is encoded once per change and dialect, then joined: the engine hands out the same object until it changes. */
export function createFragments<Text = string, Version extends number | string = number>({
  entriesMax,
  encode,
}: FragmentsParts<Text, Version>): Fragments<Text, Version> {
  const kept = new Map<string, { readonly presence: Presence; readonly version: Version; readonly text: Text }>()
  return {
    of(presence, version) {
      const known = kept.get(presence.userId)
      if (known?.presence === presence && known.version === version) return known.text
      const text = encode(presence, version)
      if (known === undefined && kept.size >= entriesMax) kept.delete(kept.keys().next().value ?? '')
      kept.set(presence.userId, { presence, version, text })
      return text
    },
  }
}
