import { Packr } from 'msgpackr/pack'
import type { PresenceRecord } from '../core/record.ts'

/** How many sets of fields are named once for all records; others are named in each. Twelve are in use. */
const SHAPES_MAX = 64

/** Records in a third of the bytes that a ledger keeps: the names of their fields are kept once. Only who packed them can unpack them. */
export interface Packing {
  /** The bytes are the caller's until the next call. */
  pack(record: PresenceRecord): Uint8Array
  unpack(bytes: Uint8Array): PresenceRecord
}

export function createPacking(): Packing {
  const packr = new Packr({ structures: [], maxSharedStructures: SHAPES_MAX })
  return {
    pack: (record) => packr.pack(record),
    unpack: (bytes) => packr.unpack(bytes) as PresenceRecord,
  }
}
