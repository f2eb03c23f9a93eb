import type { Version } from '../core/ports.ts'
import type { PresenceRecord } from '../core/record.ts'
import { decodeRecord } from './codec.ts'

/** A memo that was told by the very write that carries it names that write from here on. */
export function normalised(record: PresenceRecord, version: Version): PresenceRecord
export function normalised(record: PresenceRecord | null, version: Version): PresenceRecord | null
export function normalised(record: PresenceRecord | null, version: Version): PresenceRecord | null {
  return record?.shown.told === null ? { ...record, shown: { ...record.shown, told: version } } : record
}

/** Throws an Error that names the entry. */
export function readRecord(partition: string, key: string, value: Uint8Array): PresenceRecord {
  try {
    return decodeRecord(value)
  } catch (cause) {
    throw new Error(`${partition} ${key}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}
