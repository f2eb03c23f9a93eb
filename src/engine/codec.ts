import Type from 'typebox'
import { Compile } from 'typebox/compile'
import type { PresenceRecord } from '../core/record.ts'
import { ACTIVITIES, AVAILABILITIES, CLAIM_CLASSES } from '../core/vocabulary.ts'

/** Grows when an older Rollcall could no longer understand a record; fields that are only added need no new format. */
const FORMAT = 1

const oneOf = <T extends string>(words: readonly T[]) => Type.Union(words.map((word) => Type.Literal(word)))
const orNull = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const Whole = Type.Integer({ minimum: 0 })
const Instant = Type.Number()
const Words = { text: Type.String(), emoji: Type.String() }

const Claim = Type.Object({
  key: Type.String(),
  class: oneOf(CLAIM_CLASSES),
  availability: orNull(oneOf(AVAILABILITIES)),
  activity: orNull(oneOf(ACTIVITIES)),
  note: orNull(Type.Object(Words)),
  since: Instant,
  until: orNull(Instant),
  via: Type.String(),
  by: Type.String(),
  made: Whole,
  fades: Type.Boolean(),
  attended: Type.Boolean(),
  dismissed: Type.Boolean(),
  leaseMs: orNull(Type.Number()),
  leaseUntil: Type.Optional(Instant),
})

const Session = Type.Object({
  id: Type.String(),
  owner: orNull(Type.Object({ node: Type.String(), incarnation: Whole })),
  leaseUntil: orNull(Instant),
  token: Type.Optional(Type.String()),
  app: Type.String(),
  platform: Type.String(),
  idles: oneOf(['told', 'timed', 'both']),
  idle: Type.Boolean(),
  openedAt: Instant,
  seenUntil: orNull(Instant),
})

const Shown = Type.Object({
  availability: oneOf(AVAILABILITIES),
  activity: orNull(oneOf(ACTIVITIES)),
  note: orNull(Type.Object({ ...Words, until: orNull(Instant) })),
  since: Instant,
  changedAt: Instant,
  lastActiveAt: orNull(Instant),
  asOf: Instant,
  told: orNull(Whole),
  lapsed: Type.Optional(Type.Literal(true)),
})

const Stored = Compile(
  Type.Object({
    format: Type.Literal(FORMAT),
    revision: Whole,
    claims: Type.Array(Claim),
    sessions: Type.Array(Session),
    declaredOnline: orNull(Type.Object({ at: Instant })),
    lastActiveAt: orNull(Instant),
    shown: Shown,
  }),
)

const decoder = new TextDecoder('utf-8', { fatal: true })

/** Out of Node's pool, as small buffers are: bytes with memory of their own take several times as long. */
export function encodeRecord(record: PresenceRecord): Uint8Array {
  return Buffer.from(JSON.stringify({ format: FORMAT, ...record }))
}

/** Fields that this version does not know stay in the record and are written back. Throws an Error that says what is wrong. */
export function decodeRecord(value: Uint8Array): PresenceRecord {
  const stored: unknown = JSON.parse(decoder.decode(value))
  if (Stored.Check(stored)) return withoutFormat(stored)
  const format = typeof stored === 'object' && stored !== null && 'format' in stored ? stored.format : undefined
  if (typeof format === 'number' && format > FORMAT)
    throw new Error(`the record has format ${format}, this Rollcall reads up to ${FORMAT}: it was written by a newer one`)
  const [first] = Stored.Errors(stored)
  throw new Error(`the record is malformed${first ? ` at ${first.instancePath || '/'}: ${first.message}` : ''}`)
}

function withoutFormat({ format: _format, ...record }: PresenceRecord & { format: number }): PresenceRecord {
  return record
}
