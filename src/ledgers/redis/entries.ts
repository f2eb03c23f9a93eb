import type { Commit, Partition, Version } from '../../core/ports.ts'
import type { Reply } from './talk.ts'

/** `=`, after which a value begins; a deleted key has `-` alone. */
const VALUE = 0x3d

type Write = Commit['writes'][number]

/** What a write says of its key's value. */
export function valueOut(value: Uint8Array | null): Buffer | string {
  return value === null ? '-' : Buffer.concat([VALUE_SIGN, value])
}

const VALUE_SIGN = Buffer.from([VALUE])

/** An entry as its hash keeps it: the version in digits, `=`, the value. */
export function entryIn(bytes: Buffer): { readonly version: Version; readonly value: Uint8Array } {
  const sign = bytes.indexOf(VALUE)
  return { version: Number(bytes.toString('latin1', 0, sign)), value: bytes.subarray(sign + 1) }
}

export function entryOut({ version, value }: { readonly version: Version; readonly value: Uint8Array }): Buffer {
  return Buffer.concat([Buffer.from(`${version}=`), value])
}

/** A commit as its partition's log keeps it: the id `17-0`, then keys and values in turn. */
export function commitIn(partition: Partition, [id, fields]: readonly Reply[]): Commit {
  const writes: Write[] = []
  const words = fields as readonly Buffer[]
  for (let i = 0; i + 1 < words.length; i += 2) {
    const [key, value] = [words[i], words[i + 1]]
    if (key === undefined || value === undefined || value.length === 0) continue
    writes.push({ key: key.toString(), value: value[0] === VALUE ? value.subarray(1) : null })
  }
  return { partition, version: Number.parseInt(String(id), 10), writes }
}
