import type { Append, Commit, Partition, Version, Write } from '../../core/ports.ts'
import { placeOf } from '../places.ts'
import type { Reply } from './talk.ts'

/** What one caller wants in a partition, all or nothing. */
export interface Wanted {
  readonly writes: readonly Write[]
  readonly appends: readonly Append[]
}

/** What a value begins with, and what stands for none: the key is deleted. */
const [VALUE, DELETED] = [Buffer.from('='), Buffer.from('-')]
/** Bytes of a number, and of the digits of a version at most. */
const [NUMBER_BYTES, VERSION_BYTES_MAX] = [4, 16]
/** Characters of a place before and after the version, which is known only when the commit is made. */
const [AT_LENGTH, INDEX_LENGTH] = [11, 4]

/** All that commit.lua is asked for at once: of each partition its commits, as that file has it. */
export function packOut(partitions: readonly (readonly Wanted[])[]): Buffer {
  const pack = createPack(partitions.reduce((sum, commits) => sum + bytesMaxOf(commits), NUMBER_BYTES))
  pack.number(partitions.length)
  for (const commits of partitions) {
    pack.number(commits.length)
    for (const { writes } of commits) {
      pack.number(writes.length)
      for (const { key, expects, value } of writes) {
        pack.text(key)
        pack.text(String(expects))
        pack.number(1 + (value?.length ?? 0))
        pack.bytes(value === null ? DELETED : VALUE)
        if (value !== null) pack.bytes(value)
      }
    }
    pack.number(commits.reduce((sum, { appends }) => sum + appends.length, 0))
    for (const [number, { appends }] of commits.entries())
      for (const [index, { series, at, value }] of appends.entries()) {
        const place = placeOf(at, 0, index)
        pack.number(number + 1)
        pack.plain(place.slice(0, AT_LENGTH) + place.slice(-INDEX_LENGTH))
        pack.text(series)
        pack.number(value.length)
        pack.bytes(value)
      }
  }
  return pack.packed()
}

/** The version of the last commit in an entry of a partition's log: its id. */
export const lastOf = ([id]: readonly Reply[]): Version => Number.parseInt(String(id), 10)

/** The commits of one entry of a partition's log. */
export function commitsIn(partition: Partition, entry: readonly Reply[]): readonly Commit[] {
  const [, packed = Buffer.alloc(0)] = entry[1] as readonly Buffer[]
  const told: Commit['writes'][] = []
  let at = 0
  function number(): number {
    at += NUMBER_BYTES
    return packed.readUInt32BE(at - NUMBER_BYTES)
  }
  function bytes(): Buffer {
    const length = number()
    at += length
    return packed.subarray(at - length, at)
  }
  function writeIn(): Commit['writes'][number] {
    const [key, , value] = [bytes(), bytes(), bytes()]
    return { key: key.toString(), value: value[0] === VALUE[0] ? value.subarray(1) : null }
  }
  while (at < packed.length) {
    const writes: Commit['writes'][number][] = []
    for (let count = number(); count > 0; count--) writes.push(writeIn())
    told.push(writes)
  }
  const before = lastOf(entry) - told.length
  return told.map((writes, i) => ({ partition, version: before + 1 + i, writes }))
}

/** At least what it takes: a character of a text has 3 bytes at most. */
function bytesMaxOf(commits: readonly Wanted[]): number {
  let bytes = 2 * NUMBER_BYTES
  for (const { writes, appends } of commits) {
    bytes += NUMBER_BYTES
    for (const { key, value } of writes) bytes += 3 * NUMBER_BYTES + 3 * key.length + VERSION_BYTES_MAX + 1 + (value?.length ?? 0)
    for (const { series, value } of appends)
      bytes += 3 * NUMBER_BYTES + AT_LENGTH + INDEX_LENGTH + 3 * series.length + value.length
  }
  return bytes
}

function createPack(bytesMax: number) {
  const packed = Buffer.allocUnsafe(bytesMax)
  let at = 0
  function number(value: number): void {
    at = packed.writeUInt32BE(value, at)
  }
  function bytes(value: Uint8Array): void {
    packed.set(value, at)
    at += value.length
  }
  return {
    number,
    bytes,
    /** Without its length. */
    plain(value: string): void {
      at += packed.write(value, at)
    },
    text(value: string): void {
      const written = packed.write(value, at + NUMBER_BYTES)
      number(written)
      at += written
    },
    packed: () => packed.subarray(0, at),
  }
}
