import { addressOf } from './layout.ts'
import { type Page, readTokens, wordsOf } from './pages.ts'

/** What a search may find: a heading, where it is in the site, and every word below it once, in small letters. */
export interface Place {
  readonly title: string
  readonly heading: string
  readonly address: string
  readonly words: string
}

/** The headings of all pages, each with what stands below it until the next one. */
export function placesOf(pages: readonly Page[]): Place[] {
  return pages.flatMap((page) => {
    const tokens = readTokens(page)
    const title = wordsOf(tokens[1])
    const places: { heading: string; anchor: string; texts: string[] }[] = []
    for (const [at, token] of tokens.entries()) {
      if (token.type === 'heading_open')
        places.push({ heading: wordsOf(tokens[at + 1]), anchor: String(token.attrGet('id')), texts: [] })
      else if (token.type === 'inline') places.at(-1)?.texts.push(wordsOf(token))
      else if (token.type === 'fence') places.at(-1)?.texts.push(token.content)
    }
    return places.map(({ heading, anchor, texts }) => ({
      title,
      heading,
      address: `${addressOf(page.path)}#${anchor}`,
      words: smallWordsOf(texts.join(' ')),
    }))
  })
}

function smallWordsOf(text: string): string {
  return [...new Set(text.toLowerCase().match(/[\p{L}\p{N}_]+/gu))].join(' ')
}
