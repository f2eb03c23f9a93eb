import table from './emoji-names.json' with { type: 'json' }

/** The name that a client may know an emoji by, given as `name`, `:name:` or the character itself; null: there is none. */
export function emojiName(given: string): string | null {
  const name = /^:([^:]+):$/.exec(given)?.[1] ?? given
  return isKnown(name) ? name : nameOfCharacter(name)
}

/** A character without skin tones and variation selectors, as the table lists it. */
export function plain(character: string): string {
  return character.replace(/[\u{1F3FB}-\u{1F3FF}]|\uFE0E|\uFE0F/gu, '') || character
}

/** The skin tones, as a name ends with them. */
const TONES: Readonly<Record<string, string>> = {
  '\u{1F3FB}': '_light_skin_tone',
  '\u{1F3FC}': '_medium_light_skin_tone',
  '\u{1F3FD}': '_medium_skin_tone',
  '\u{1F3FE}': '_medium_dark_skin_tone',
  '\u{1F3FF}': '_dark_skin_tone',
}

const NAMES = new Map(Object.entries(table.names))
const TONES_MAX = tonesMax()

function isKnown(name: string): boolean {
  const toneless = name.replace(/(?:_(?:light|medium_light|medium|medium_dark|dark)_skin_tone)+$/, '')
  const known = TONES_MAX.get(toneless)
  return known !== undefined && (name.slice(toneless.length).match(/_skin_tone/g)?.length ?? 0) <= known
}

function nameOfCharacter(text: string): string | null {
  const name = NAMES.get(plain(text))?.split(' ')[0]
  if (name === undefined) return null
  const tones = Array.from(text, (character) => TONES[character] ?? '').join('')
  return isKnown(name + tones) ? name + tones : null
}

/** How many skin tones each name takes. */
function tonesMax(): Map<string, number> {
  const [once, twice] = [new Set(table.toned.split(' ')), new Set(table.tonedTwice.split(' '))]
  const most = new Map<string, number>()
  for (const [character, names] of NAMES) {
    const tones = twice.has(character) ? 2 : once.has(character) ? 1 : 0
    for (const name of names.split(' ')) most.set(name, Math.max(tones, most.get(name) ?? 0))
  }
  return most
}
