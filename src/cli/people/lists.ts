import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { parse } from 'csv-parse'
import { Failure } from '../../core/errors.ts'
import { readMattermost } from './mattermost.ts'
import type { Listed } from './person.ts'
import { readRocketchat } from './rocketchat.ts'
import { readSpreadsheet } from './spreadsheet.ts'
import { readSuperoffice } from './superoffice.ts'

/** Whose lists can be read. */
export const SOURCES = ['mattermost', 'rocketchat', 'superoffice', 'csv'] as const
export type Source = (typeof SOURCES)[number]

const READERS: Readonly<Record<Source, (entry: object, line: number) => Listed>> = {
  mattermost: readMattermost,
  rocketchat: readRocketchat,
  superoffice: readSuperoffice,
  csv: readSpreadsheet,
}

interface Entry {
  readonly value: unknown
  readonly line: number
}

/** Everybody in a list: JSON lines, one JSON document, or CSV with a header. Throws Failure `invalid` where it is none of these. */
export async function* peopleIn(source: Source, input: Readable): AsyncGenerator<NonNullable<Listed>> {
  const read = READERS[source]
  for await (const { value, line } of entriesOf(source, input)) {
    const listed =
      Object(value) === value && !Array.isArray(value) ? read(value as object, line) : { line, why: 'this is no JSON object' }
    if (listed !== null) yield listed
  }
}

async function* entriesOf(source: Source, input: Readable): AsyncGenerator<Entry> {
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]()
  let first = await lines.next()
  let line = 1
  for (; !first.done && first.value.trim() === ''; line++) first = await lines.next()
  if (first.done) return
  const text = first.value.replace(/^\uFEFF/, '')
  const start = parsed(text)
  if (start !== undefined) yield* jsonLines(start, line, lines)
  else if (/^[[{]/.test(text.trimStart())) yield* jsonDocument(text, lines)
  else if (source === 'csv' || source === 'superoffice') yield* rows(text, line, lines)
  else throw new Failure('invalid', `This is no list of ${source}: neither JSON lines nor a JSON document.`)
}

async function* jsonLines(start: unknown, line: number, rest: AsyncIterator<string>): AsyncGenerator<Entry> {
  yield* expanded(start, line)
  for (let next = await rest.next(), at = line + 1; !next.done; next = await rest.next(), at++)
    if (next.value.trim() !== '') yield* expanded(parsed(next.value), at)
}

async function* jsonDocument(text: string, rest: AsyncIterator<string>): AsyncGenerator<Entry> {
  const all = [text]
  for (let next = await rest.next(); !next.done; next = await rest.next()) all.push(next.value)
  const document = parsed(all.join('\n'))
  if (document === undefined) throw new Failure('invalid', 'The list begins like JSON, but is none.')
  yield* expanded(document, 1)
}

/** A list within a document counts its own entries. */
function* expanded(value: unknown, line: number): Generator<Entry> {
  const { users, value: values, Associates: associates } = Object(value) as Record<string, unknown>
  const list = [value, users, values, associates].find((one) => Array.isArray(one)) as unknown[] | undefined
  if (list === undefined) yield { value, line }
  else for (const [i, entry] of list.entries()) yield { value: entry, line: i + 1 }
}

async function* rows(header: string, line: number, rest: AsyncIterator<string>): AsyncGenerator<Entry> {
  async function* text(): AsyncGenerator<string> {
    yield `${header}\n`
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield `${next.value}\n`
  }
  const delimiter = [';', '\t', ','].find((sign) => header.includes(sign)) ?? ','
  const options = { columns: true, delimiter, info: true, relax_column_count: true, skip_empty_lines: true, trim: true }
  const parser = parse(options)
  const source = Readable.from(text()).on('error', (error) => parser.destroy(error))
  try {
    for await (const { record, info } of source.pipe(parser)) yield { value: record, line: line - 1 + info.lines }
  } catch (error) {
    throw new Failure('invalid', `The list cannot be read as CSV: ${(error as Error).message}.`)
  }
}

/** Undefined: it is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
