import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeRecord, encodeRecord } from '../../src/engine/codec.ts'
import { createPacking } from '../../src/engine/packing.ts'
import { aMoment } from '../core/arbitraries.ts'

const bytes = (stored: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(stored))

test('whatever record can come about is read back as it was written', () => {
  fc.assert(
    fc.property(aMoment, ({ record }) => {
      expect(decodeRecord(encodeRecord(record))).toEqual(record)
    }),
  )
})

test('fields that a later Rollcall added are kept', () => {
  fc.assert(
    fc.property(aMoment, ({ record }) => {
      const stored = { format: 1, ...record, mood: 'sunny' }
      expect(JSON.parse(new TextDecoder().decode(encodeRecord(decodeRecord(bytes(stored)))))).toEqual(stored)
    }),
  )
})

test('whatever record can come about is unpacked as it was packed, in half the bytes of the ledger at most, later fields too', () => {
  const { pack, unpack } = createPacking()
  fc.assert(
    fc.property(aMoment, fc.option(fc.jsonValue()), ({ record }, mood) => {
      const given = mood === null ? record : { ...record, mood }
      expect(unpack(Buffer.from(pack(given)))).toEqual(given)
    }),
  )
  fc.assert(
    fc.property(aMoment, ({ record }) => {
      expect(pack(record).length).toBeLessThan(encodeRecord(record).length / 2)
    }),
  )
})

test.each([
  ['a newer format', bytes({ format: 2 }), /format 2.*written by a newer one/],
  ['no format', bytes({}), /malformed/],
  ['another shape', bytes({ format: 1, revision: 'one' }), /malformed/],
  ['no JSON', new TextEncoder().encode('{'), /JSON/],
  ['no text', new Uint8Array([0xff]), /./],
])('%s is refused with words', (_, value, words) => {
  expect(() => decodeRecord(value)).toThrow(words)
})
