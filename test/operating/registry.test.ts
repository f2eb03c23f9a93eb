import fc from 'fast-check'
import { expect, test } from 'vitest'
import { countCalls, SLOW_MS } from '../../src/metrics/calls.ts'
import { createRegistry, SERIES_MAX } from '../../src/metrics/registry.ts'
import { readExposition } from './exposition.ts'

test('[M1] a histogram counts each value under its bound and all above it, up to +Inf', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 20, noNaN: true })), (values) => {
      const registry = createRegistry()
      const seconds = registry.histogram('x_seconds', 'Times.', [0.5, 1, 10])({ route: '/a' })
      for (const value of values) seconds.observe(value)
      const { types, sum } = readExposition(registry.text())
      expect(types.get('x_seconds')).toBe('histogram')
      for (const [le, bound] of [
        ['0.5', 0.5],
        ['1', 1],
        ['10', 10],
        ['+Inf', Infinity],
      ] as const)
        expect(sum('x_seconds_bucket', { le, route: '/a' })).toBe(values.filter((value) => value <= bound).length)
      expect(sum('x_seconds_count')).toBe(values.length)
      expect(sum('x_seconds_sum')).toBeCloseTo(values.reduce((all, value) => all + value, 0))
    }),
  )
})

test('[M1] labels are written so that they can be read again, whatever is in them; a name is measured once', () => {
  const registry = createRegistry()
  registry.counter('a_total', 'A.')({ why: 'a "b"\\\nc' }).add(2)
  registry.gauge('b', 'B.', () => [{ labels: { x: 'y' }, value: -1.5 }])
  registry.gauge('c', 'C.', () => [])
  const { samples, types } = readExposition(registry.text())
  expect(samples).toEqual([
    { name: 'a_total', labels: { why: 'a \\"b\\"\\\\\\nc' }, value: 2 },
    { name: 'b', labels: { x: 'y' }, value: -1.5 },
  ])
  expect([...types.keys()]).toEqual(['a_total', 'b', 'c'])
  expect(() => registry.gauge('b', 'B.', () => 0)).toThrow('b is measured twice')
})

test('[M3] what would be one series too many is counted as other', () => {
  const registry = createRegistry()
  const counter = registry.counter('a_total', 'A.')
  for (let i = 0; i < SERIES_MAX + 10; i++) counter({ route: `/${i}` }).add()
  const { samples, sum } = readExposition(registry.text())
  expect([samples.length, sum('a_total'), sum('a_total', { route: 'other' })]).toEqual([SERIES_MAX + 1, SERIES_MAX + 10, 10])
})

test('[M5] what took longer than it should is counted, and told with its route', () => {
  const registry = createRegistry()
  const told: unknown[] = []
  const calls = countCalls(registry, (...slow) => void told.push(slow))('native', 'GET', '/a')
  calls.answered(200, SLOW_MS)
  calls.answered(503, SLOW_MS + 1)
  const { sum } = readExposition(registry.text())
  expect([sum('rollcall_http_slow_requests_total', { dialect: 'native' }), told]).toEqual([
    1,
    [['native', 'GET /a', SLOW_MS + 1]],
  ])
  expect([
    sum('rollcall_http_requests_total', { status: '2xx' }),
    sum('rollcall_http_requests_total', { status: '5xx' }),
  ]).toEqual([1, 1])
  expect(sum('rollcall_http_request_duration_seconds_bucket', { le: '1' })).toBe(1)
})
