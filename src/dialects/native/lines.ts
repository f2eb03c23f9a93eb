/** Bytes of one line; a longer one is passed over, and told as such. */
export const LINE_BYTES_MAX = 65_536

/** One line of text, not decoded. `bytes` null: it was too long. */
export interface Line {
  /** From 1, empty ones counted. */
  readonly number: number
  readonly bytes: Uint8Array | null
}

const LINE_FEED = 0x0a

/** Cuts chunks into lines and passes over empty ones, holding no more than one line. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  let pieces: Uint8Array[] = []
  let length = 0
  let number = 0

  function take(piece: Uint8Array): void {
    length += piece.length
    if (length <= LINE_BYTES_MAX) pieces.push(piece)
    else pieces = []
  }

  function* finish(): Generator<Line> {
    number++
    const bytes = length > LINE_BYTES_MAX ? null : Buffer.concat(pieces)
    pieces = []
    length = 0
    if (bytes === null || !isBlank(bytes)) yield { number, bytes }
  }

  for await (const chunk of chunks) {
    let from = 0
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, from)) {
      take(chunk.subarray(from, end))
      yield* finish()
      from = end + 1
    }
    take(chunk.subarray(from))
  }
  if (length > 0) yield* finish()
}

const isBlank = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d)
