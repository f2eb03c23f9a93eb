import type { Version } from '../../core/ports.ts'

/** `=`, after which the value begins. */
const VALUE = 0x3d

/** An entry as its hash keeps it: the version in digits, `=`, the value. */
export function entryIn(bytes: Buffer): { readonly version: Version; readonly value: Uint8Array } {
  const sign = bytes.indexOf(VALUE)
  return { version: Number(bytes.toString('latin1', 0, sign)), value: bytes.subarray(sign + 1) }
}

export function entryOut({ version, value }: { readonly version: Version; readonly value: Uint8Array }): Buffer {
  return Buffer.concat([Buffer.from(`${version}=`), value])
}
