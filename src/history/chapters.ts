import type { Step } from '../core/history.ts'
import type { Append, Archived } from '../core/ports.ts'
import type { PresenceRecord } from '../core/record.ts'
import type { Instant, UserId } from '../core/vocabulary.ts'
import { saidBy } from './said.ts'
import { historySeries } from './series.ts'

/** Through which door, and by whom. */
export interface Author {
  readonly via: string
  readonly by: string
}

/** Facts that stood until a commit superseded them, and who made that. */
export interface Chapter {
  readonly record: PresenceRecord
  /** Infinity: they stand. */
  readonly endedAt: Instant
  readonly endedBy: Author | null
}

const LINE_END = 10

/** A line of JSON with the author, then the record's bytes as they were. */
export function chapterAppend(userId: UserId, steps: readonly Step[], value: Uint8Array, at: Instant): Append {
  const { via, by } = authorOf(steps)
  return { series: historySeries(userId), at, value: Buffer.concat([Buffer.from(`${JSON.stringify({ via, by })}\n`), value]) }
}

export function readChapter({ at, value }: Archived, decode: (value: Uint8Array) => PresenceRecord): Chapter {
  const end = value.indexOf(LINE_END)
  const endedBy: Author = JSON.parse(Buffer.from(value.subarray(0, end)).toString())
  return { record: decode(value.subarray(end + 1)), endedAt: at, endedBy }
}

/** Of several who acted at once, the last who said something; coming and going says nothing. */
function authorOf(steps: readonly Step[]): Author {
  const said = steps.findLast((step) => saidBy(step) !== null)
  return (said ?? steps.at(-1))?.deed ?? { via: '', by: '' }
}
