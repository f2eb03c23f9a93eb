import { describe, expect, test } from 'vitest'
import { SCENARIOS } from './scenarios.ts'

test('[P1, F1] the primary that sentinels watch is killed under writes: what was acknowledged is there, and all nodes agree', {
  timeout: 90_000,
}, async () => {
  expect(await SCENARIOS.failover(1, () => 0)).toBeGreaterThan(0)
})

// They wait for timers, mostly.
describe.concurrent('together', () => {
  test('[P1, F1] one of a cluster’s primaries is killed under writes: what was acknowledged is there, and all nodes agree', {
    timeout: 90_000,
  }, async () => {
    expect(await SCENARIOS.cluster(1, () => 0)).toBeGreaterThan(0)
  })

  test('[P1, F1, F7] a node hears of its store late, and is heard late: what was acknowledged is there, and all nodes agree', {
    timeout: 90_000,
  }, async () => {
    expect(await SCENARIOS.slow(1, () => 0)).toBeGreaterThan(0)
  })
})
