import { expect, test } from 'vitest'
import { SCENARIOS } from './scenarios.ts'

test('[P1, F1] the primary that sentinels watch is killed under writes: what was acknowledged is there, and all nodes agree', {
  timeout: 90_000,
}, async () => {
  expect(await SCENARIOS.failover(1, () => 0)).toBeGreaterThan(0)
})
