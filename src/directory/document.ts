import type { Version, Write } from '../core/ports.ts'

/** One key of the ledger in memory: a value that is read whole and written whole. */
export interface Document<Value> {
  readonly current: Value
  put(value: Uint8Array | null, version: Version): void
  /** The write that replaces what is in memory now. */
  write(value: Value): Write
}

export function createDocument<Value>(key: string, initial: Value): Document<Value> {
  let current = initial
  let expects = 0
  return {
    get current() {
      return current
    },
    put(value, version) {
      current = value === null ? initial : JSON.parse(Buffer.from(value).toString())
      expects = value === null ? 0 : version
    },
    write: (value) => ({ key, value: Buffer.from(JSON.stringify(value)), expects }),
  }
}
