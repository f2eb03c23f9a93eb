import type { Presence } from '../core/vocabulary.ts'

export interface Fragments<Text = string> {
  /** The presence as this dialect writes it. `version` is that of the user, where their profile is part of the text. */
  of(presence: Presence, version: number): Text
}

export interface FragmentsParts<Text = string> {
  /** Texts kept, for as many users; the oldest is forgotten. */
  readonly entriesMax: number
  readonly encode: (presence: Presence) => Text
}

/** Each presence is encoded once per change and dialect, then joined: the engine hands out the same object until it changes. */
export function createFragments<Text = string>({ entriesMax, encode }: FragmentsParts<Text>): Fragments<Text> {
  const kept = new Map<string, { readonly presence: Presence; readonly version: number; readonly text: Text }>()
  return {
    of(presence, version) {
      const known = kept.get(presence.userId)
      if (known?.presence === presence && known.version === version) return known.text
      const text = encode(presence)
      if (known === undefined && kept.size >= entriesMax) kept.delete(kept.keys().next().value ?? '')
      kept.set(presence.userId, { presence, version, text })
      return text
    },
  }
}
