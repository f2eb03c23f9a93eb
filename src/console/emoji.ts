import { signal } from '@preact/signals'

/** One emoji: its character, the name that a note keeps, and what it is searched by. */
export interface EmojiEntry {
  readonly character: string
  readonly name: string
  readonly words: string
}

export interface Emoji {
  /** All of them in their usual order; empty until they are there. */
  all(): readonly EmojiEntry[]
  /** The character of a name; null: none that is known. */
  characterOf(name: string): string | null
}

/** Read from this very server, once, after signing in: names are shown until then. */
export function createEmoji(server: string): Emoji {
  const entries = signal<readonly EmojiEntry[]>([])
  const characters = new Map<string, string>()

  async function load(): Promise<void> {
    const answer = await fetch(new URL('/console/emoji.json', server))
    const table: Readonly<Record<string, string>> = answer.ok ? await answer.json() : {}
    entries.value = Object.entries(table).map(([character, text]) => {
      const [names = '', labels = ''] = text.split('|')
      const all = names.split(' ')
      for (const name of all) if (!characters.has(name)) characters.set(name, character)
      return { character, name: all[0] ?? '', words: `${names.replaceAll('_', ' ')} ${names} ${labels}`.toLowerCase() }
    })
  }

  load().catch(() => undefined)
  return {
    all: () => entries.value,
    characterOf: (name) => (entries.value.length === 0 ? null : (characters.get(name) ?? null)),
  }
}
