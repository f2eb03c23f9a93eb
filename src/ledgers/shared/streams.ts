import { Failure } from '../../core/errors.ts'
import type { Entry, Positions } from '../../core/ports.ts'
import { positionsOf } from '../positions.ts'
import type { HostedLedger } from './host.ts'
import { CHUNK_ITEMS, type Stream } from './words.ts'

/** What is had in chunks, each when the other side asks for it; a side that is slow holds up nobody's memory. */
export interface Streams {
  /** Answers the number of the stream, and where the ledger stood. */
  open(what: Stream): Promise<{ readonly stream: number; readonly positions: Positions }>
  /** Null: that was all. */
  next(stream: number): Promise<readonly unknown[] | null>
  end(stream: number): Promise<void>
  stop(): void
}

interface Opened extends AsyncDisposable {
  readonly positions: Positions
  readonly chunks: AsyncIterator<readonly unknown[]>
}

export function createStreams(ledger: HostedLedger): Streams {
  const streams = new Map<number, Opened>()
  let last = 0

  async function end(stream: number): Promise<void> {
    const opened = streams.get(stream)
    streams.delete(stream)
    await opened?.chunks.return?.()
    await opened?.[Symbol.asyncDispose]()
  }

  return {
    async open(what) {
      const opened = what === 'entries' ? await entriesOf(ledger) : linesOf(ledger)
      streams.set(++last, opened)
      return { stream: last, positions: opened.positions }
    },
    async next(stream) {
      const { done, value } = (await streams.get(stream)?.chunks.next()) ?? { done: true }
      if (!done) return value
      await end(stream)
      return null
    },
    end,
    stop() {
      for (const stream of streams.keys()) void end(stream).catch(() => {})
    },
  }
}

async function entriesOf(ledger: HostedLedger): Promise<Opened> {
  if (ledger.scan !== undefined) {
    const scan = await ledger.scan()
    const positions = positionsOf(scan.heads)
    return { positions, chunks: scan.chunks[Symbol.asyncIterator](), [Symbol.asyncDispose]: () => scan[Symbol.asyncDispose]() }
  }
  const entries: Entry[] = []
  const positions = await ledger.load((entry) => entries.push(entry))
  return { positions, chunks: inChunks(entries)[Symbol.asyncIterator](), [Symbol.asyncDispose]: async () => {} }
}

function linesOf({ exportLines }: HostedLedger): Opened {
  if (exportLines === undefined) throw new Failure('disabled', 'This store cannot be exported while it is used.')
  return { positions: {}, chunks: inChunks(exportLines())[Symbol.asyncIterator](), [Symbol.asyncDispose]: async () => {} }
}

async function* inChunks<Item>(items: Iterable<Item> | AsyncIterable<Item>): AsyncGenerator<readonly Item[]> {
  let chunk: Item[] = []
  for await (const item of items) {
    if (chunk.push(item) < CHUNK_ITEMS) continue
    yield chunk
    chunk = []
  }
  if (chunk.length > 0) yield chunk
}
