import { expect, test } from 'vitest'
import { crashServer } from './server-crash.ts'

test('[P1] [L3] 20 kills of the server at random points lose no status that it had acknowledged', {
  timeout: 180_000,
}, async () => {
  expect(await crashServer(20, 7)).toBeGreaterThan(100)
})
