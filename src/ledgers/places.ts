import type { Append, ArchiveRange, Version } from '../core/ports.ts'
import type { Instant } from '../core/vocabulary.ts'

/** Digits of base 36 that hold any instant and version, and any number of appends of one commit. */
const [NUMBER_LENGTH, INDEX_LENGTH] = [11, 4]

const PLACE = /^[0-9a-z]{26}$/

/** Text that sorts as the entry does: by instant, then by version, then as appended. */
export function placeOf(at: Instant, version: Version, index: number): string {
  return digits(at, NUMBER_LENGTH) + digits(version, NUMBER_LENGTH) + digits(index, INDEX_LENGTH)
}

/** The instant in a place. */
export const atOf = (place: string): Instant => Number.parseInt(place.slice(0, NUMBER_LENGTH), 36)

/** The version in a place. */
export const versionOf = (place: string): Version => Number.parseInt(place.slice(NUMBER_LENGTH, 2 * NUMBER_LENGTH), 36)

export const isPlace = (text: string): boolean => PLACE.test(text)

/** The places a range covers: from the first, and before the second. */
export function boundsOf({ order, from = 0, to, after }: ArchiveRange): readonly [string, string] {
  const [first, end] = [digits(from, NUMBER_LENGTH), to === undefined ? END : digits(to, NUMBER_LENGTH)]
  if (after === undefined) return [first, end]
  return order === 'oldest-first' ? [later(first, `${after}\x01`), end] : [first, after < end ? after : end]
}

/** After all places. */
const END = '~'

/** Throws on what no caller may append; such a call is a bug, not a failure. */
export function assertAppends(appends: readonly Append[]): void {
  for (const { series, at } of appends) {
    if (series === '' || !series.isWellFormed() || series.includes('\0'))
      throw new Error(`"${series}" can be no name of a series`)
    if (!Number.isSafeInteger(at) || at < 0) throw new Error(`${at} is no instant`)
  }
}

const digits = (number: number, length: number): string => number.toString(36).padStart(length, '0')
const later = (one: string, other: string): string => (one > other ? one : other)
