import { expect, test } from 'vitest'
import { adminFrame } from '../../src/bin/administrator.ts'
import { flagOf, readConfig, VARIABLES } from '../../src/bin/config.ts'

test('[ST1] without any setting the server listens on 127.0.0.1:4600 and keeps its facts in ./data', () => {
  expect(readConfig({ PATH: '/bin' })).toEqual({
    host: '127.0.0.1',
    port: 4600,
    store: 'file:./data',
    workers: 1,
    node: null,
    leaseMs: 10_000,
    restartGraceMs: 60_000,
    administrator: {},
    rateLimit: true,
    log: 'json',
    logLevel: 'info',
    metrics: 'loopback',
    tls: null,
    trustedProxies: [],
  })
})

test('[ST3] a flag beats the variable of the same name', () => {
  expect(Object.keys(VARIABLES).map((name) => flagOf(name as keyof typeof VARIABLES))).toEqual([
    '--host',
    '--port',
    '--store',
    '--workers',
    '--node',
    '--lease-ms',
    '--restart-grace-ms',
    '--admin-username',
    '--admin-password',
    '--rate-limit',
    '--log',
    '--log-level',
    '--metrics',
    '--tls-cert',
    '--tls-key',
    '--trusted-proxies',
  ])
  expect(readConfig({ ROLLCALL_PORT: '1', ROLLCALL_LOG: 'off' }, { ROLLCALL_PORT: '2' })).toMatchObject({ port: 2, log: 'off' })
})

test('[ST2] what other commands read may stand in the environment, anything else of that name may not', () => {
  expect(readConfig({ ROLLCALL_URL: 'http://x', ROLLCALL_TOKEN: 't' }).port).toBe(4600)
  expect(() => readConfig({ ROLLCALL_PROT: '1' })).toThrow(
    /^ROLLCALL_PROT is not a setting of rollcall; there are ROLLCALL_HOST, /,
  )
})

test.each([
  ['ROLLCALL_PORT', '65536'],
  ['ROLLCALL_PORT', ''],
  ['ROLLCALL_PORT', '4600 '],
  ['ROLLCALL_PORT', '-1'],
  ['ROLLCALL_HOST', ''],
  ['ROLLCALL_HOST', 'http://127.0.0.1'],
  ['ROLLCALL_STORE', 'data'],
  ['ROLLCALL_WORKERS', '0'],
  ['ROLLCALL_WORKERS', '65'],
  ['ROLLCALL_NODE', 'two words'],
  ['ROLLCALL_LEASE_MS', '499'],
  ['ROLLCALL_RESTART_GRACE_MS', '1 min'],
  ['ROLLCALL_STORE', 'file:'],
  ['ROLLCALL_STORE', 'memory'],
  ['ROLLCALL_STORE', 'postgres://x'],
  ['ROLLCALL_ADMIN_USERNAME', 'two words'],
  ['ROLLCALL_RATE_LIMIT', 'yes'],
  ['ROLLCALL_LOG', 'JSON'],
  ['ROLLCALL_LOG_LEVEL', 'trace'],
  ['ROLLCALL_METRICS', 'yes'],
  ['ROLLCALL_TRUSTED_PROXIES', '10.0.0.0/33'],
  ['ROLLCALL_TRUSTED_PROXIES', 'proxy.example'],
  ['ROLLCALL_TRUSTED_PROXIES', ''],
])('[ST2] %s="%s" is refused with what would be right', (name, value) => {
  expect(() => readConfig({ [name]: value })).toThrow(new RegExp(`^${name} \\(or --[a-z-]+\\) is "${value}", but must be `))
})

test('[ST2] a password of the wrong length is not repeated', () => {
  const secret = 'secret'.repeat(200)
  expect(() => readConfig({ ROLLCALL_ADMIN_PASSWORD: secret })).toThrow('has 1200 bytes, but must have 1 to 1024')
  expect(() => readConfig({ ROLLCALL_ADMIN_PASSWORD: '' })).toThrow('has 0 bytes')
})

test('[ST2] what stands before the @ of an address is not repeated', () => {
  const wrong = 'redis:/me:secret@127.0.0.1'
  expect(() => readConfig({ ROLLCALL_STORE: wrong })).toThrow('is "redis:/…@127.0.0.1", but must be')
  const made = { username: 'admin', password: 'generated' }
  expect(adminFrame(made, 'redis://:secret@127.0.0.1')).toContain('reset --store redis://…@127.0.0.1 ')
  expect(adminFrame(made, 'file:./me@home')).toContain('reset --store file:./me@home ')
})

test('trusted proxies are addresses, networks or the names for them', () => {
  const given = '127.0.0.1, 10.0.0.0/8,::1,fd00::/8,loopback'
  expect(readConfig({ ROLLCALL_TRUSTED_PROXIES: given }).trustedProxies).toEqual([
    '127.0.0.1',
    '10.0.0.0/8',
    '::1',
    'fd00::/8',
    'loopback',
  ])
})
