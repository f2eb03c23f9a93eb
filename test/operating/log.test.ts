import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import Fastify from 'fastify'
import { afterEach, expect, test, vi } from 'vitest'
import { createRepeated, PROBLEMS_MAX, REPEATED_MS } from '../../src/bin/repeated.ts'
import type { Services } from '../../src/core/service.ts'
import { serve } from '../../src/http/route.ts'
import { startServer } from '../server.ts'

afterEach(() => void vi.useRealTimers())

test('[ST12] the id of a request comes back in every dialect, whether it is served or not; what is none is ignored', async () => {
  await using server = await startServer({ store: 'memory:' })
  const idOf = async (path: string, id: string) =>
    (await server.request(path, { headers: { 'X-Request-Id': id } })).headers.get('x-request-id')
  const paths = ['/healthz', '/v1/presence/me', '/api/v1/me', '/api/v1/User/currentPrincipal', '/nowhere', '/api/v1/nothing.here']
  for (const path of [...paths, '/api/v4/users/me'])
    expect([path, await idOf(path, 'a-1:b/c=@+.')]).toEqual([path, 'a-1:b/c=@+.'])
  for (const id of ['two words', '', 'x'.repeat(129), '"quoted"', '<b>'])
    expect([id, await idOf('/healthz', id)]).toEqual([id, null])
})

test('[ST12] a bug of ours is logged under the id that its answer has', async () => {
  const logged: { requestId?: string }[] = []
  const log = { warn: () => {}, error: (details: object) => void logged.push(details) }
  const fastify = Fastify()
  const bug = () => {
    throw new Error('a bug')
  }
  serve(fastify, {
    routes: [{ rule: 'x', method: 'GET', path: '/', access: 'anyone', rate: 'none', summary: 'x', answers: {}, handle: bug }],
    manners: { identify: () => null, refuse: (_failure, _request, reply) => reply.code(500).send('sorry'), countsCalls: 'first' },
    services: { log, newId: () => 'made' } as unknown as Services,
    rates: null,
    declare: () => {},
    meter: () => ({ answered: () => {}, refused: () => {} }),
  })
  const made = await fastify.inject('/')
  const given = await fastify.inject({ url: '/', headers: { 'x-request-id': 'given' } })
  expect([made, given].map(({ statusCode, headers }) => [statusCode, headers['x-request-id']])).toEqual([
    [500, 'made'],
    [500, 'given'],
  ])
  expect(logged.map(({ requestId }) => requestId)).toEqual(['made', 'given'])
})

test('[ST13] the same problem is told once a minute, and then how often it came again', () => {
  vi.useFakeTimers()
  const told: unknown[] = []
  const repeated = createRepeated((message, times) => void told.push([message, times]))
  const bug = () => repeated.isHeld('a bug', { route: '/a', err: new Error('why') })
  expect([bug(), bug(), bug()]).toEqual([false, true, true])
  expect(repeated.isHeld('a bug', { route: '/b', err: new Error('why') })).toBe(false)
  expect(repeated.isHeld('a bug', { route: '/a', err: new Error('another') })).toBe(false)
  vi.advanceTimersByTime(REPEATED_MS)
  expect(told).toEqual([['a bug', 2]])
  expect(bug()).toBe(false)
  for (let i = 0; i < PROBLEMS_MAX; i++) repeated.isHeld('many', { route: `/${i}` })
  expect([repeated.isHeld('one more', null), repeated.isHeld('one more', null)]).toEqual([false, false])
})

test('[ST13] below its level nothing is logged', async () => {
  await using server = await startServer({ store: 'memory:', env: { ROLLCALL_LOG_LEVEL: 'warn' } })
  await server.stop()
  expect(server.logs.stderr).toBe('')
})

test('[ST13, M8] a line that is held back is counted all the same; what is said in words alone is always told', async () => {
  const program = `
    import { createLog } from '${join(import.meta.dirname, '../../src/bin/log.ts')}'
    const counts = { warn: 0, error: 0 }
    const log = createLog({ form: 'json', onLine: (level) => counts[level]++ })
    for (let i = 0; i < 3; i++) log.error({ err: new Error('why'), route: '/a' }, 'a bug of ours')
    for (let i = 0; i < 2; i++) log.warn('the ledger is away')
    console.log(JSON.stringify(counts))`
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program])
  expect(JSON.parse(stdout)).toEqual({ warn: 2, error: 3 })
  const told = stderr.trimEnd().split('\n')
  expect(told.map((line) => JSON.parse(line).msg)).toEqual(['a bug of ours', 'the ledger is away', 'the ledger is away'])
})
