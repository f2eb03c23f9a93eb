import { Failure } from '../core/errors.ts'
import type { Partition, Version } from '../core/ports.ts'
import { type CopiedEntry, type CopyHeader, chunksOf, type Picture } from './copies.ts'
import { isPlace } from './places.ts'
import { partitionsOf } from './writes.ts'

/** The format of exports that this version writes, and the newest it reads. */
const FORMAT = 1

interface Header {
  readonly rollcall: 'export'
  readonly format: number
  readonly factsPartitions: number
  readonly created: string
  readonly positions: Readonly<Record<Partition, Version>>
}

/** A value is told as text where it is text, else in base64. */
type Line = {
  readonly partition: Partition
  readonly version: Version
  readonly text?: string
  readonly base64?: string
} & ({ readonly key: string } | { readonly series: string; readonly place: string })

/** An export of any store: a header, a line for each entry, and the count of entries, so that a shortened one is noticed. */
export async function* linesOf(picture: Picture): AsyncGenerator<string> {
  const { factsPartitions, created, positions } = picture
  const header: Header = {
    rollcall: 'export',
    format: FORMAT,
    factsPartitions,
    created,
    positions: Object.fromEntries(positions),
  }
  yield lineOf(header)
  let entries = 0
  for await (const chunk of chunksOf(picture)) {
    entries += chunk.length
    for (const entry of chunk) yield lineOf(told(entry))
  }
  yield lineOf({ entries })
}

/** What an export holds; its chunks can be gone through once. Disposing of it ends the lines. */
export interface ReadExport extends AsyncDisposable {
  readonly header: CopyHeader
  readonly chunks: AsyncIterable<readonly CopiedEntry[]>
}

/** Reads the header at once, the rest in chunks. Both throw Failure `invalid`, naming the line. */
export async function readExport(lines: AsyncIterable<string>): Promise<ReadExport> {
  const rest = lines[Symbol.asyncIterator]()
  const end = async (): Promise<void> => void (await rest.return?.())
  try {
    const { factsPartitions, created, positions } = parseHeader((await rest.next()).value)
    const header = { factsPartitions, created, positions: new Map(Object.entries(positions)) }
    return { header, chunks: entriesIn(rest, header), [Symbol.asyncDispose]: end }
  } catch (error) {
    await end()
    throw error
  }
}

const CHUNK_ENTRIES = 1000

async function* entriesIn(lines: AsyncIterator<string>, header: CopyHeader): AsyncGenerator<readonly CopiedEntry[]> {
  let [chunk, entries] = [[] as CopiedEntry[], 0]
  for (let line = await lines.next(); ; line = await lines.next()) {
    if (line.done) throw badLine(entries + 2, 'the export ends before its last line')
    const said = parse(line.value, entries + 2)
    if ('entries' in said) {
      if (said['entries'] !== entries) throw badLine(entries + 2, `its count is not that of the ${entries} entries before it`)
      yield chunk
      return
    }
    chunk.push(entryOf(said, entries + 2, header))
    entries++
    if (chunk.length < CHUNK_ENTRIES) continue
    yield chunk
    chunk = []
  }
}

function parseHeader(line: string | undefined): Header {
  const header = parse(line ?? '', 1)
  const { rollcall, format, factsPartitions, positions } = header
  if (rollcall !== 'export' || !isCount(format) || !isCount(factsPartitions) || Object(positions) !== positions) {
    throw badLine(1, 'this is no export of a Rollcall ledger')
  }
  if (format > FORMAT) throw badLine(1, `the export has format ${format}, this version reads up to ${FORMAT}`)
  const known = partitionsOf(factsPartitions)
  const isSound = Object.entries(positions as object).every(
    ([partition, position]) => known.includes(partition) && isCount(position),
  )
  if (!isSound) throw badLine(1, 'its positions are not those of its partitions')
  return header as unknown as Header
}

function entryOf(said: Record<string, unknown>, number: number, { positions }: CopyHeader): CopiedEntry {
  const { partition, version, text, base64 } = said
  const name = nameOf(said)
  if (typeof partition !== 'string' || name === null || !isCount(version)) throw badLine(number, 'this is no entry')
  if (version === 0 || version > (positions.get(partition) ?? 0)) throw badLine(number, `its version is not within ${partition}`)
  if (typeof text === 'string') return { partition, ...name, version, value: Buffer.from(text) }
  if (typeof base64 === 'string') return { partition, ...name, version, value: Buffer.from(base64, 'base64') }
  throw badLine(number, 'it has no value')
}

/** A key, or a place in a series of the archive; null: neither. */
function nameOf({ key, series, place }: Record<string, unknown>) {
  if (typeof key === 'string') return { key }
  const isArchived = typeof series === 'string' && typeof place === 'string' && isPlace(place) && !series.includes('\0')
  return isArchived ? { series, place } : null
}

function told(entry: CopiedEntry): Line {
  const { partition, version, value } = entry
  const name = 'series' in entry ? { series: entry.series, place: entry.place } : { key: entry.key }
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  const text = bytes.toString()
  return Buffer.from(text).equals(bytes)
    ? { partition, ...name, version, text }
    : { partition, ...name, version, base64: bytes.toString('base64') }
}

const lineOf = (words: Header | Line | { readonly entries: number }): string => `${JSON.stringify(words)}\n`

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

function parse(line: string, number: number): Record<string, unknown> {
  try {
    const said: unknown = JSON.parse(line)
    if (Object(said) === said) return said as Record<string, unknown>
  } catch {}
  throw badLine(number, 'this is no JSON object')
}

const badLine = (number: number, why: string): Failure =>
  new Failure('invalid', `line ${number} of the export: ${why}`, { reason: 'malformed' })
