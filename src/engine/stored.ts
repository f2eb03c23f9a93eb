import { Failure } from '../core/errors.ts'
import type { Version } from '../core/ports.ts'
import type { PresenceRecord } from '../core/record.ts'
import { decodeRecord } from './codec.ts'

/** A memo that was told by the very write that carries it names that write from here on. */
export function normalised(record: PresenceRecord, version: Version): PresenceRecord
export function normalised(record: PresenceRecord | null, version: Version): PresenceRecord | null
export function normalised(record: PresenceRecord | null, version: Version): PresenceRecord | null {
  return record?.shown.told === null ? { ...record, shown: { ...record.shown, told: version } } : record
}

/** Throws Failure `invalid` that names the entry. */
export function readRecord(partition: string, key: string, value: Uint8Array): PresenceRecord {
  try {
    return decodeRecord(value)
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause)
    throw new Failure('invalid', `${partition} ${key} in this store: ${words}`, { field: 'store', cause })
  }
}
