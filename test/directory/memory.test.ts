import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createRecords } from '../../src/directory/records.ts'
import { createSlotIndex, hashOf, hashOfFolded } from '../../src/directory/slotIndex.ts'

test('[A28] an index finds what a map finds, through any additions and removals', () => {
  const aStep = fc.tuple(fc.constantFrom('add', 'remove'), fc.nat({ max: 300 }))
  fc.assert(
    fc.property(fc.array(aStep, { maxLength: 2_000 }), (steps) => {
      const texts = new Map<number, string>()
      const index = createSlotIndex((slot, text) => texts.get(slot) === text)
      for (const [step, slot] of steps) {
        const text = `text ${slot}`
        if (step === 'add' && !texts.has(slot)) {
          texts.set(slot, text)
          index.add(hashOf(text), slot)
        } else if (step === 'remove') {
          texts.delete(slot)
          index.remove(hashOf(text), slot)
        }
      }
      for (let slot = 0; slot <= 300; slot++) expect(index.find(`text ${slot}`)).toBe(texts.has(slot) ? slot : -1)
    }),
    { numRuns: 30 },
  )
})

test('[A28] an index holds many slots under one text, and a hundred thousand texts', () => {
  const index = createSlotIndex((slot, text) => text === (slot < 1_000 ? 'same' : `text ${slot}`))
  for (let slot = 0; slot < 100_000; slot++) index.add(hashOf(slot < 1_000 ? 'same' : `text ${slot}`), slot)
  for (let slot = 0; slot < 1_000; slot += 2) index.remove(hashOf('same'), slot)
  expect(index.all('same').sort((one, other) => one - other)).toEqual(Array.from({ length: 500 }, (_, i) => 2 * i + 1))
  for (let slot = 1_000; slot < 100_000; slot += 2) index.remove(hashOf(`text ${slot}`), slot)
  for (let slot = 1_000; slot < 100_000; slot++) expect(index.find(`text ${slot}`)).toBe(slot % 2 === 0 ? -1 : slot)
})

test('[A28] the hash of bytes is that of their text in lower case', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: 'grapheme' })), (text) => {
      const bytes = Buffer.from(`<${text}>`)
      expect(hashOfFolded(bytes, 1, bytes.length - 1)).toBe(hashOf(text.toLowerCase()))
    }),
  )
})

test('[A28] records keep their bytes through any additions, replacements and removals, and slots are used again', () => {
  const records = createRecords()
  const kept = new Map<number, { key: string; value: string }>()
  let highest = 0
  for (let round = 0; round < 40_000; round++) {
    const slots = [...kept.keys()]
    const slot = slots[(round * 7919) % Math.max(1, slots.length)] ?? -1
    const value = 'x'.repeat((round * 31) % 700) + round
    if (kept.size < 500 || round % 3 === 0) {
      const key = `key-${round}`
      kept.set(records.add(key, Buffer.from(value)), { key, value })
    } else if (round % 3 === 1) {
      records.replace(slot, Buffer.from(value))
      kept.set(slot, { key: kept.get(slot)?.key ?? '', value })
    } else {
      records.remove(slot)
      kept.delete(slot)
    }
    highest = Math.max(highest, kept.size)
    if (kept.size > 800) {
      records.remove(slot)
      kept.delete(slot)
    }
  }
  expect(records.slots).toBeLessThanOrEqual(highest + 1)
  for (let slot = 0; slot < records.slots; slot++) {
    expect(records.has(slot)).toBe(kept.has(slot))
    if (!records.has(slot)) continue
    expect({ key: records.key(slot), value: records.value(slot).toString() }).toEqual(kept.get(slot))
  }
})

test('[A28] a record larger than a block is kept like any other', () => {
  const records = createRecords()
  const large = Buffer.alloc(3 << 20, 'y')
  const [small, slot] = [records.add('small', Buffer.from('s')), records.add('large', large)]
  const next = records.add('next', Buffer.from('n'))
  expect(records.value(slot).equals(large)).toBe(true)
  records.replace(slot, Buffer.from('now small'))
  expect([small, slot, next].map((at) => records.value(at).toString())).toEqual(['s', 'now small', 'n'])
})
