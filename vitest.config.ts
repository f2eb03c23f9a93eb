import { defineConfig } from 'vitest/config'

export default defineConfig({
  // On a busy machine a real process may be late once; that a test needed its second try is told, and is a bug to be looked for.
  // Most tests wait for a server or a clock: with as many workers as cores (by default one less) they take half as long.
  test: { include: ['test/**/*.test.ts'], testTimeout: 30_000, hookTimeout: 30_000, maxWorkers: '100%', retry: 1 },
})
