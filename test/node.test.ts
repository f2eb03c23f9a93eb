import { expect, test } from 'vitest'

test('the tests run on the Node that the project pins, not on an older one of the system', () => {
  expect(Number(process.versions.node.split('.')[0])).toBeGreaterThanOrEqual(24)
})
