import { expect, test } from 'vitest'
import { crashLedger } from './crash.ts'

test('[L3, L7] what the embedded ledger acknowledged, with its append, survives 20 kills at random points, and half a write at the end of its log', async () => {
  expect(await crashLedger(20, 42)).toBeGreaterThan(100)
}, 60_000)
