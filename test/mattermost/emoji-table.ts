import { writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import compact from 'emojibase-data/en/compact.json' with { type: 'json' }
import github from 'emojibase-data/en/shortcodes/github.json' with { type: 'json' }
import iamcal from 'emojibase-data/en/shortcodes/iamcal.json' with { type: 'json' }
import { plain } from '../../src/dialects/mattermost/emoji.ts'

export interface EmojiTable {
  /** Where it comes from, with its licence. */
  readonly source: string
  /** Each character without skin tones and variation selectors, with its names, the usual one first. */
  readonly names: Record<string, string>
  /** Characters that take one skin tone, and those that take two. */
  readonly toned: string
  readonly tonedTwice: string
}

/** Names of the product that no package lists, by the character they stand for; its own sign has none and stands for itself. */
const OWN_NAMES: Readonly<Record<string, string>> = {
  '👱‍♂': 'blonde_man',
  '🧑‍⚕': 'doctor',
  '🇨🇦': 'ca',
  '🇵🇰': 'pk',
  '🇿🇦': 'za',
  mattermost: 'mattermost',
}

interface Listed {
  readonly hexcode: string
  readonly unicode: string
  readonly skins?: readonly { readonly hexcode: string; readonly unicode: string }[]
}

/** The table that src/dialects/mattermost/emoji-names.json holds, made from the package that keeps the names. */
export function emojiTable(): EmojiTable {
  const names: Record<string, string> = {}
  const toned: string[] = []
  const tonedTwice: string[] = []
  for (const { hexcode, unicode, skins = [] } of compact as readonly Listed[]) {
    const known = namesOf(hexcode)
    if (known.length === 0) continue
    names[plain(unicode)] = known.join(' ')
    for (const skin of skins) {
      const twice = skin.hexcode.match(/1F3F[B-F]/g)?.length === 2
      const list = twice ? tonedTwice : toned
      for (const character of [plain(unicode), plain(skin.unicode)]) {
        names[character] ??= known.join(' ')
        if (!list.includes(character)) list.push(character)
      }
    }
  }
  for (const [character, name] of Object.entries(OWN_NAMES))
    names[character] = names[character] === undefined ? name : `${names[character]} ${name}`
  return { source: 'emojibase-data 17.0.0, MIT', names, toned: toned.join(' '), tonedTwice: tonedTwice.join(' ') }
}

function namesOf(hexcode: string): string[] {
  const found = [iamcal, github].flatMap((names) => (names as Record<string, string | string[]>)[hexcode] ?? [])
  return [...new Set(found)]
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const file = new URL('../../src/dialects/mattermost/emoji-names.json', import.meta.url)
  writeFileSync(file, `${JSON.stringify(emojiTable(), null, 1)}\n`)
}
