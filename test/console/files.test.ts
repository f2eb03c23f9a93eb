import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CHOICES } from '../../src/client/choices.ts'
import { GERMAN } from '../../src/console/german.ts'
import { ENGLISH } from '../../src/console/messages.ts'
import { endOf } from '../../src/console/times.ts'
import { type Server, startServer } from '../server.ts'
import { sourcesUnder, textsIn } from '../sources.ts'
import { emojiTable } from './emoji-table.ts'

const FILES = ['', 'console/console.js', 'console/console.css', 'console/emoji.json', 'console/icon.svg']

let server: Server
beforeAll(async () => {
  server = await startServer({ store: 'memory:' })
})
afterAll(() => server.stop())

test('[J1] the page may load its own files and call its own server, and nothing else', async () => {
  const { headers } = await server.request('/')
  expect(headers.get('content-security-policy')).toBe(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  )
  expect((await server.request('/console/..%2Fclient.js')).status).toBe(404)
})

test('[J13] all of it is small, and is sent compressed to who takes that, with a tag', async () => {
  const texts = await Promise.all(FILES.map(async (file) => (await server.request(`/${file}`)).text()))
  expect(texts.reduce((sum, text) => sum + gzipSync(text).length, 0)).toBeLessThan(150 * 1024)
  for (const encoding of ['gzip, br', 'identity', 'gzip;q=0']) {
    const { headers } = await server.request('/console/console.js', { headers: { 'Accept-Encoding': encoding } })
    expect([encoding, headers.get('content-encoding'), headers.get('vary')]).toEqual([
      encoding,
      encoding === 'gzip, br' ? 'gzip' : null,
      'Accept-Encoding',
    ])
    const again = await server.request('/console/console.js', { headers: { 'If-None-Match': headers.get('etag') ?? '' } })
    expect(again.status).toBe(304)
  }
})

test('[J11] both languages say everything, fill in the same, and nothing of it is never said', () => {
  const filledIn = (text: string): string[] => [...new Set(text.match(/\{\w+\}/g))].toSorted()
  for (const [key, text] of Object.entries(ENGLISH)) {
    const german = GERMAN[key as keyof typeof GERMAN]
    expect({ key, filled: filledIn(german), forms: german.split('|').length }).toEqual({
      key,
      filled: filledIn(text),
      forms: text.split('|').length,
    })
  }
  const pages = [...sourcesUnder('src/console', '.tsx'), ...sourcesUnder('src/console', '.ts')].filter(
    ({ path }) => !/(?:messages|german)\.ts$/.test(path),
  )
  const written = pages.flatMap((source) => textsIn(source).map((text) => text.replace(/….*$/, '…')))
  const said = new Set([...written, ...Object.values(CHOICES).flat()])
  const isSaid = (key: string): boolean =>
    said.has(key) || [...said].some((text) => text.endsWith('…') && text.length > 2 && key.startsWith(text.slice(0, -1)))
  expect(Object.keys(ENGLISH).filter((key) => !isSaid(key))).toEqual([])
})

test('[J4] an end is half an hour or an hour away, the end of today, of Sunday, or the time that was given', () => {
  const wednesday = new Date(2026, 10, 18, 15, 30).getTime()
  expect(endOf('never', wednesday, '')).toBe(null)
  expect(endOf('30', wednesday, '')).toBe(wednesday + 1_800_000)
  expect(endOf('60', wednesday, '')).toBe(wednesday + 3_600_000)
  expect(endOf('today', wednesday, '')).toBe(new Date(2026, 10, 19).getTime())
  expect(endOf('week', wednesday, '')).toBe(new Date(2026, 10, 23).getTime())
  expect(endOf('week', new Date(2026, 10, 22, 23, 59).getTime(), '')).toBe(new Date(2026, 10, 23).getTime())
  expect(endOf('time', wednesday, '2026-11-19T08:15')).toBe(new Date(2026, 10, 19, 8, 15).getTime())
  expect(endOf('time', wednesday, '')).toBe(null)
})

test('[J4] the emoji are those of the table that knows them all', async () => {
  expect(await (await server.request('/console/emoji.json')).json()).toEqual(emojiTable())
})

test('[J12] presets are kept by administrators, offered to everybody, and the same in every dialect', async () => {
  const { token } = await server.createUser({ username: 'anna', password: null })
  const made = await server.call('POST', '/v1/presets', server.adminToken, { name: 'At a customer', availability: 'busy' })
  await server.call('POST', '/v1/presets', server.adminToken, { name: 'Ask me anything' })
  const { presets } = await server.call('GET', '/v1/presets', token)
  expect(presets).toMatchObject([
    { id: made.id, name: 'At a customer', availability: 'busy' },
    { name: 'Ask me anything', availability: null },
  ])
  await server.call('PUT', `/v1/presets/${made.id}`, server.adminToken, { name: 'Travelling', availability: 'away' })
  const headers = { 'X-Auth-Token': token, 'X-User-Id': (await server.call('GET', '/v1/users/me', token)).id }
  const listed: unknown = await (await server.request('/api/v1/custom-user-status.list', { headers })).json()
  expect(listed).toMatchObject({ statuses: [{ name: 'Ask me anything' }, { name: 'Travelling', statusType: 'away' }] })
  await server.call('DELETE', `/v1/presets/${made.id}`, server.adminToken)
  await expect(server.call('POST', '/v1/presets', token, { name: 'Mine' })).rejects.toThrow(': 403 ')
})
