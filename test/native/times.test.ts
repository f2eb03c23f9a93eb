import fc from 'fast-check'
import { expect, test } from 'vitest'
import { timeOf } from '../../src/dialects/native/translate.ts'

test('[N21] each time is told as the platform would write it', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -8.64e15, max: 8.64e15 }), { maxLength: 200 }), fc.integer(), (instants, near) => {
      for (const instant of [...instants, near, near + 1, near + 60_000, near + 64 * 60_000, near])
        expect(timeOf(instant)).toBe(new Date(instant).toISOString())
    }),
  )
})
