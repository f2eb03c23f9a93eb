import { writeFileSync } from 'node:fs'
import german from 'emojibase-data/de/compact.json' with { type: 'json' }
import english from 'emojibase-data/en/compact.json' with { type: 'json' }
import github from 'emojibase-data/en/shortcodes/github.json' with { type: 'json' }
import iamcal from 'emojibase-data/en/shortcodes/iamcal.json' with { type: 'json' }

interface Listed {
  readonly hexcode: string
  readonly unicode: string
  readonly label: string
  readonly order?: number
}

/** What src/console/emoji.json holds: each character with its names, the usual one first, then what it is called in both languages. */
export function emojiTable(): Record<string, string> {
  const inGerman = new Map((german as readonly Listed[]).map(({ hexcode, label }) => [hexcode, label]))
  const listed = (english as readonly Listed[]).filter(({ order }) => order !== undefined)
  const table: Record<string, string> = {}
  for (const { hexcode, unicode, label } of listed.toSorted((one, other) => (one.order ?? 0) - (other.order ?? 0))) {
    const names = [iamcal, github].flatMap((all) => (all as Record<string, string | string[]>)[hexcode] ?? [])
    if (names.length > 0) table[unicode] = `${[...new Set(names)].join(' ')}|${label} ${inGerman.get(hexcode) ?? ''}`
  }
  return table
}

/** As the format check wants it. */
export const textOf = (table: Record<string, string>): string => `${JSON.stringify(table, null, 2)}\n`

if (import.meta.main) writeFileSync(new URL('../../src/console/emoji.json', import.meta.url), textOf(emojiTable()))
