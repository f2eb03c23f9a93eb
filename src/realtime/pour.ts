import type { Connection } from './connection.ts'
import { SLICE_MS, WAITING_BYTES } from './limits.ts'

/** Frames written at once, in bytes. */
const BATCH_BYTES = 32_768

/** Writes many frames as fast as the reader takes them, in slices between which others have their turn; then calls `done`. */
export function pour(connection: Connection, frames: Iterator<Buffer>, done: () => void): void {
  const began = performance.now()
  while (connection.isOpen()) {
    const batch: Buffer[] = []
    let bytes = 0
    let next = frames.next()
    for (; next.done !== true; next = frames.next()) {
      batch.push(next.value)
      bytes += next.value.length
      if (bytes >= BATCH_BYTES) break
    }
    connection.write(batch)
    if (next.done === true) {
      done()
      return
    }
    if (connection.waitingBytes() > WAITING_BYTES) {
      // What the system takes at once is drained at once: others have their turn all the same.
      connection.onceDrained(() => void setImmediate(pour, connection, frames, done))
      return
    }
    if (performance.now() - began > SLICE_MS) {
      setImmediate(pour, connection, frames, done)
      return
    }
  }
}
