import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { type Client, type ClientParts, connect, logIn } from '../../src/client/client.ts'
import { attendByHeartbeats } from '../../src/client/heartbeats.ts'
import { CHANGES_MAX, createChangeLog } from '../../src/client/log.ts'
import { CODES } from '../../src/client/requests.ts'
import { createRetry } from '../../src/client/retry.ts'
import { Failure } from '../../src/core/errors.ts'
import { HTTP_STATUS } from '../../src/http/errors.ts'
import { commandLine } from '../cli/command.ts'
import { PASSWORD, type Server, startServer } from '../server.ts'
import { ROOT } from '../sources.ts'
import { startProxy } from './proxy.ts'

let server: Server
let names = 0
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.stop())

const person = (at: Server = server) => at.createUser({ username: `person${++names}`, password: null })

function open(parts: ClientParts): Client {
  const client = connect(parts)
  onTestFinished(() => client.close())
  return client
}

const until = (look: () => void | Promise<void>): Promise<void> => vi.waitFor(look, 10_000)

describe.each(['socket', 'stream'] as const)('over a %s', (transport) => {
  test('[X5] after a cut the client goes on from its cursor, and fetches nothing again', async () => {
    await using proxy = await startProxy(server.url)
    const [anna, bob] = [await person(), await person()]
    const client = open({ url: proxy.url, token: anna.token, transport })
    const heard: string[] = []
    client.watch([bob.user.username, anna.user.id], (presence) => heard.push(presence?.availability ?? 'gone'))
    await client.ready()
    await until(() => expect(client.view.changesSince(null).cursor).not.toBe(''))
    expect(proxy.heard()).toContain('snapshot')
    proxy.cut()
    await until(() => expect(client.state).toBe('waiting'))
    const far = open({ url: server.url, token: bob.token })
    await far.setAvailability('me', 'busy')
    await until(() => expect(client.view.get(bob.user.username)?.availability).toBe('busy'))
    expect(heard).toEqual(['offline', 'offline', 'busy'])
    const again = proxy.heard()
    expect(again).toContain(bob.user.id)
    expect(again).not.toContain('snapshot')
  })

  test('[X1] who is watched by several words is told of until none of them is wanted', async () => {
    const [anna, bob] = [await person(), await person()]
    const client = open({ url: server.url, token: anna.token, transport })
    const heard: string[] = []
    const stop = client.watch([bob.user.username], () => {})
    client.watch([bob.user.id], (presence) => heard.push(presence?.availability ?? 'gone'))
    await client.ready()
    stop()
    await new Promise(setImmediate)
    await client.read('me')
    await server.call('PUT', '/v1/presence/me/availability', bob.token, { availability: 'dnd' })
    await until(() => expect(heard).toEqual(['offline', 'dnd']))
  })

  test('[X6] the client goes on when the server was killed and started again', async () => {
    await using own = await startServer()
    const [anna, bob] = [await person(own), await person(own)]
    const client = open({ url: own.url, token: anna.token, transport })
    const heard: string[] = []
    client.watch('everyone', (presence, userId) => void (userId === bob.user.id && heard.push(presence?.availability ?? 'gone')))
    await client.ready()
    await own.kill()
    await until(() => expect(client.state).toBe('waiting'))
    await own.restart()
    await own.call('PUT', '/v1/presence/me/availability', bob.token, { availability: 'dnd' })
    await until(() => expect(client.view.get(bob.user.id)?.availability).toBe('dnd'))
    expect(heard).toEqual(['offline', 'dnd'])
  })

  test('[X6] after a restore the mirror is the new snapshot, and who is in it no more is gone', async () => {
    await using own = await startServer()
    const anna = await person(own)
    const earlier = await (await own.request('/v1/export', { headers: { Authorization: `Bearer ${own.adminToken}` } })).text()
    const bob = await person(own)
    const client = open({ url: own.url, token: own.adminToken, transport })
    const gone: string[] = []
    client.watch('everyone', (presence, userId) => void (presence === null && gone.push(userId)))
    await client.ready()
    await until(() => expect(client.view.changesSince(null).cursor).not.toBe(''))
    const { cursor } = client.view.changesSince(null)
    expect(client.view.get(bob.user.id)).not.toBeNull()
    await own.kill()
    const run = commandLine({ url: own.url, home: own.folder })
    const restoring = ['import', '-', '--store', `file:${own.folder}/store`, '--replace']
    expect(await run(restoring, { input: earlier })).toMatchObject({ code: 0 })
    await own.restart()
    await until(() => expect(gone).toEqual([bob.user.id]))
    expect([client.view.get(bob.user.id), client.view.get(anna.user.id)?.userId]).toEqual([null, anna.user.id])
    expect(client.view.changesSince(cursor).full).toBe(true)
  })

  test('[X7] a client whose token ends is over, and says why', async () => {
    const { user } = await person()
    const wanted = { name: 'tests', kind: 'personal', user: user.id }
    const { token, id } = await server.call('POST', '/v1/tokens', server.adminToken, wanted)
    const states: (readonly [string, string | undefined])[] = []
    const client = open({ url: server.url, token, transport, onState: (state, failure) => states.push([state, failure?.code]) })
    client.watch(['me'], () => {})
    await client.ready()
    await server.call('DELETE', `/v1/tokens/${id}?user=${user.id}`, server.adminToken)
    await until(() => expect(client.state).toBe('ended'))
    expect(states.at(-1)).toEqual(['ended', 'unauthenticated'])
    await expect(client.ready()).rejects.toMatchObject({ name: 'Failure', code: 'unauthenticated' })
  })

  test('[X2] what may not be watched is refused as soon as somebody waits for it', async () => {
    const { token } = await server.call('POST', '/v1/tokens', server.adminToken, { name: 'mute', scopes: ['sessions'] })
    const client = open({ url: server.url, token, transport })
    client.watch('everyone', () => {})
    const refused = { name: 'Failure', code: 'forbidden', reason: 'scope_missing' }
    await expect(client.ready()).rejects.toMatchObject(refused)
    await expect(client.ready()).rejects.toMatchObject(refused)
  })

  test('[X7] a wrong token is told by the first thing that is asked', async () => {
    const client = open({ url: server.url, token: 'wrong', transport })
    client.watch(['me'], () => {})
    await expect(client.ready()).rejects.toMatchObject({ code: 'unauthenticated', reason: 'not_logged_in' })
    await expect(client.read('me')).rejects.toMatchObject({ code: 'unauthenticated', reason: 'not_logged_in' })
  })

  test('[X4] words are ids, usernames or me; who is added later is heard of too, and a word for nobody is nobody', async () => {
    const [anna, bob] = [await person(), await person()]
    const client = open({ url: server.url, token: anna.token, transport })
    const watch = client.view.watch({ told: () => {}, gone: () => {} })
    watch.add(['me', anna.user.id, 'nobody-at-all'])
    await client.ready()
    expect(client.view.get('me')).toBe(client.view.get(anna.user.id))
    expect(client.view.get('nobody-at-all')).toBeNull()
    watch.add([bob.user.username])
    await until(() => expect(client.view.get(bob.user.username)?.userId).toBe(bob.user.id))
    watch.remove(['me', bob.user.username])
    await until(() => expect(client.view.get(bob.user.username)).toBeNull())
    expect(client.view.get(anna.user.id)).not.toBeNull()
    watch.stop()
    await until(() => expect(client.state).toBe('idle'))
  })
})

test('[X5, X3] a session that was idle when the client was cut is taken back, and never was gone', async () => {
  await using proxy = await startProxy(server.url)
  const [anna, bob] = [await person(), await person()]
  const watching = open({ url: server.url, token: bob.token })
  const heard: string[] = []
  watching.watch([anna.user.id], (presence) => heard.push(presence?.availability ?? 'gone'))
  await watching.ready()
  const client = open({ url: proxy.url, token: anna.token })
  const session = client.commands.attend({ app: 'test', platform: 'web' })
  await until(() => expect(heard.at(-1)).toBe('online'))
  session.idle(Date.now())
  await until(() => expect(heard.at(-1)).toBe('away'))
  const before = session.sessionId
  proxy.cut()
  await until(() => expect(client.state).toBe('waiting'))
  await until(() => expect(client.state).toBe('live'))
  session.active()
  await until(() => expect(heard.at(-1)).toBe('online'))
  expect(session.sessionId).toBe(before)
  expect(heard).toEqual(['offline', 'online', 'away', 'online'])
  expect(() => client.commands.attend({ app: 'test', platform: 'web' })).toThrow(Failure)
})

test('[X3] heartbeats open a session anew that was lost, and end when the token may not', async () => {
  const [anna] = [await person()]
  const client = open({ url: server.url, token: anna.token, transport: 'stream' })
  const session = attendByHeartbeats({ app: 'test', platform: 'test' }, () => client.commands, 20)
  await until(() => expect(session.sessionId).not.toBe(''))
  const lost = session.sessionId
  await client.commands.closeSession(lost)
  await until(() => expect(session.sessionId).not.toBe(lost))
  await until(async () => expect((await client.read('me')).availability).toBe('online'))
  session.leave()
  await until(async () => expect((await client.read('me')).availability).toBe('offline'))
  let ended = 0
  attendByHeartbeats({ app: 'x'.repeat(500), platform: 'test', ended: () => ended++ }, () => client.commands, 20)
  await until(() => expect(ended).toBe(1))
})

test('[X5] it comes back later each time, spread by chance, and not before the server wants it', () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const waits = (random: number, retryAfterMs: number | null): number[] => {
    const retry = createRetry(() => random)
    return Array.from({ length: 8 }, () => {
      const from = Date.now()
      let at = 0
      retry.later(() => (at = Date.now() - from), retryAfterMs)
      vi.runAllTimers()
      return at
    })
  }
  expect(waits(1, null)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000])
  expect(waits(0.5, null).slice(0, 3)).toEqual([500, 1_000, 2_000])
  expect(waits(1, 5_000).slice(0, 2)).toEqual([6_000, 7_000])
})

test('[X5] a stream that is refused for now is tried again when the server says', async () => {
  const times: number[] = []
  await using busy = await serve((_request, response) => {
    times.push(performance.now())
    response.writeHead(503, { 'Retry-After': '1' }).end('{}')
  })
  const client = open({ url: busy.url, token: 'any', transport: 'stream' })
  client.watch('everyone', () => {})
  await until(() => expect(times.length).toBeGreaterThan(1))
  expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(950)
})

test('[X2] every status of the native API is the failure that it was', () => {
  expect(Object.values(HTTP_STATUS).map((status) => CODES[status])).toEqual(Object.keys(HTTP_STATUS))
  // What is finer in the native API: changed meanwhile, and a key that was used for something else.
  expect([CODES[412], CODES[422]]).toEqual(['conflict', 'conflict'])
})

test('[X2] what is no problem document, and no answer at all, is a failure too', async () => {
  await using odd = await serve((_request, response) => void response.writeHead(502, { 'Retry-After': '7' }).end('<html>'))
  await expect(open({ url: odd.url, token: 'any' }).read('me')).rejects.toMatchObject({
    code: 'unavailable',
    retryAfterMs: 7_000,
  })
  const { url } = odd
  await odd[Symbol.asyncDispose]()
  await expect(open({ url, token: 'any' }).read('me')).rejects.toMatchObject({ name: 'Failure', code: 'unavailable' })
  expect(() => connect({ url: 'nowhere', token: 'any' })).toThrow(expect.objectContaining({ code: 'invalid', field: 'url' }))
})

test('[X2] a token goes to its own server, whatever a path says', async () => {
  let asked = 0
  await using elsewhere = await serve(() => asked++)
  const client = open({ url: server.url, token: server.adminToken })
  for (const path of [`${elsewhere.url}/`, elsewhere.url.replace('http:', '')])
    await expect(client.call('GET', path)).rejects.toMatchObject({ code: 'invalid', field: 'path' })
  expect(asked).toBe(0)
})

test('[X1] in plain words: log in, set a status with an end and a note, withdraw them, and call what else there is', async () => {
  const { user } = await server.createUser({ username: 'wordy' })
  const client = open({ url: server.url, token: await logIn(server.url, 'wordy', PASSWORD) })
  const end = new Date(Date.now() + 3_600_000)
  const shown = await client.setAvailability('me', 'busy', { activity: 'presenting', until: end })
  expect(shown).toMatchObject({ userId: user.id, availability: 'busy', activity: 'presenting', until: Number(end) })
  expect(await client.setNote('me', { text: 'hi', emoji: 'wave', until: end })).toMatchObject({
    note: { text: 'hi', until: Number(end) },
  })
  expect(await client.withdrawNote('me')).toMatchObject({ note: null, availability: 'busy' })
  expect(await client.withdrawAvailability('me')).toMatchObject({ availability: 'offline' })
  expect(await client.call('GET', '/v1/users/me')).toMatchObject({ id: user.id })
  await expect(logIn(server.url, 'wordy', 'wrong')).rejects.toMatchObject({ code: 'unauthenticated', reason: 'wrong_password' })
})

test('[X4] so many changes are remembered, each user once; who asks with an older cursor is given everything', () => {
  const log = createChangeLog()
  log.reached('old')
  for (let i = 0; i < CHANGES_MAX; i++) log.changed(`user${i % 7}`)
  expect(log.since('old')?.size).toBe(7)
  log.reached('new')
  log.changed('anna')
  expect([log.since('old'), log.since('new')]).toEqual([null, new Set(['anna'])])
  log.forget()
  expect(log.since('new')).toBeNull()
})

test('[X8] bundled and compressed the client is less than 10 KB, and nothing of it comes from a package', async () => {
  const bundle = await rolldown({ input: join(ROOT, 'src/client/client.ts'), external: /^[^./]/, logLevel: 'silent' })
  const { output } = await bundle.generate({ format: 'esm', minify: true })
  await bundle.close()
  expect(output.map(({ fileName }) => fileName)).toEqual(['client.js'])
  expect(output[0].imports).toEqual([])
  expect(gzipSync(output[0].code).length).toBeLessThan(10_000)
})

/** Something between a client and a server that answers in its own way. */
async function serve(answer: RequestListener) {
  const http = createServer(answer).listen(0, '127.0.0.1')
  await once(http, 'listening')
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      http.closeAllConnections()
      http.close()
    },
  }
}
