import { expect, test } from 'vitest'
import { fuzz } from './fuzz.ts'

test('[O4] whatever an operation is sent, no answer is a bug of ours, and each is as the document says', async () => {
  const { faults, operations, refused, calls } = await fuzz({ seed: 46, inputsEach: 5, until: 0 })
  expect(faults.slice(0, 10)).toEqual([])
  expect(calls).toBeGreaterThan(600)
  // It has teeth only where what is sent is taken.
  expect(refused.length).toBeLessThan(operations * 0.5)
}, 60_000)
