import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createLedgerTime } from '../../src/ledgers/time.ts'

test('ledger time follows its clock, and creeps on at half the pace while the clock has been set back', () => {
  let [clock, monotonic] = [10_000, 0]
  const now = createLedgerTime(
    () => clock,
    () => monotonic,
  )
  const pass = (ms: number, set = 0) => {
    clock += ms + set
    monotonic += ms
    return now()
  }
  expect(pass(100)).toBe(10_100)
  expect(pass(0, -1000)).toBe(10_100)
  expect(pass(100)).toBe(10_150)
  expect(pass(1800)).toBe(11_000)
  expect(pass(200)).toBe(11_200)
  expect(pass(0, 60_000)).toBe(71_200)
})

test('ledger time never steps back, however its clock is set', () => {
  const steps = fc.array(fc.record({ passed: fc.nat(10_000), set: fc.integer({ min: -100_000, max: 100_000 }) }))
  fc.assert(
    fc.property(steps, (taken) => {
      let [clock, monotonic] = [1_000_000, 0]
      const now = createLedgerTime(
        () => clock,
        () => monotonic,
      )
      let last = now()
      for (const { passed, set } of taken) {
        clock += passed + set
        monotonic += passed
        const told = now()
        expect(told).toBeGreaterThanOrEqual(last)
        expect(Number.isInteger(told)).toBe(true)
        last = told
      }
    }),
  )
})
