import type { IncomingHttpHeaders } from 'node:http'

/** Language tags in the order wanted; empty: texts are told as they are stored. */
export type Languages = readonly string[]

const RAW: Languages = []

/** `XX:"text"` parts, parted by semicolons, and nothing else. */
const MULTI_LANGUAGE = /^(?:[A-Za-z]{2}:"[^"]*"(?:;|$))+$/
const PART = /([A-Za-z]{2}):"([^"]*)"/g
const QUALITY = /^q=([\d.]+)$/i

/** SuperOffice's own two letters for a language, the likeliest first; any other language is tried by its ISO letters. */
const CODES: ReadonlyMap<string, readonly string[]> = new Map([
  ['en', ['US', 'UK', 'GB', 'EN']],
  ['no', ['NO']],
  ['nb', ['NO']],
  ['nn', ['NO']],
  ['sv', ['SW', 'SV', 'SE']],
  ['da', ['DA', 'DK']],
  ['de', ['GE', 'DE']],
  ['nl', ['NL', 'DU']],
  ['fr', ['FR']],
  ['es', ['SP', 'ES']],
  ['it', ['IT']],
  ['fi', ['FI', 'SU']],
  ['pt', ['PT', 'BR']],
  ['pl', ['PL']],
  ['cs', ['CS', 'CZ']],
  ['ru', ['RU']],
  ['ja', ['JA', 'JP']],
  ['zh', ['ZH', 'CN']],
])

/** What a request wants texts in: SO-Language beats Accept-Language; `*`, `x` or nothing is no language. */
export function languagesOf(headers: IncomingHttpHeaders): Languages {
  const own = headers['so-language']
  const wanted = (typeof own === 'string' && own.trim() !== '' ? own : headers['accept-language'])?.trim().toLowerCase()
  if (wanted === undefined || wanted === '') return RAW
  const tags = wanted.split(',').map(weighed)
  const ordered = tags.filter(({ quality }) => quality > 0).sort((one, other) => other.quality - one.quality)
  const languages = ordered.flatMap(({ names }) => names)
  return languages[0] === '*' || languages[0] === 'x' ? RAW : languages
}

/** A multi-language text in the first language it has; else its US text, else its first. Any other text as it is. */
export function translated(text: string, languages: Languages): string {
  if (languages.length === 0 || !text.includes(':"') || !MULTI_LANGUAGE.test(text)) return text
  const parts = new Map<string, string>()
  for (const [, code = '', value = ''] of text.matchAll(PART)) parts.set(code.toUpperCase(), value)
  for (const code of [...languages.flatMap(codesOf), 'US', ...parts.keys()]) {
    const value = parts.get(code)
    if (value !== undefined) return value
  }
  return text
}

/** `nb-no;q=0.8`; also `en-us; en-gb`, as some of the product's own samples part them. */
function weighed(entry: string): { readonly names: readonly string[]; readonly quality: number } {
  const words = entry.split(';').map((word) => word.trim())
  const quality = words.map((word) => QUALITY.exec(word)?.[1]).find((found) => found !== undefined)
  return { names: words.filter((word) => word !== '' && !word.includes('=')), quality: Number(quality ?? 1) }
}

function codesOf(tag: string): readonly string[] {
  const language = tag.split('-', 1)[0] ?? tag
  return CODES.get(language) ?? [language.toUpperCase()]
}
