import { defineConfig } from 'vitest/config'

export default defineConfig({
  // Most tests wait for a server or a clock: with as many workers as cores (by default one less) they take half as long.
  test: { include: ['test/**/*.test.ts'], testTimeout: 30_000, hookTimeout: 30_000, maxWorkers: '100%' },
})
