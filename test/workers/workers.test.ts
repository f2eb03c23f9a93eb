import { readdir } from 'node:fs/promises'
import { request } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Talk, talk } from '../native/talk.ts'
import { attend, until } from '../nodes/trio.ts'
import { ADMIN, PASSWORD, type Person, type Server } from '../server.ts'
import {
  askAgain,
  askAnew,
  availabilityOf,
  bearer,
  childrenOf,
  GRACE_MS,
  isThere,
  measuredOf,
  say,
  startWorkers,
} from './crew.ts'

let server: Server
beforeAll(async () => {
  server = await startWorkers()
  await server.call('PATCH', '/v1/settings', server.adminToken, { graceMs: 1_000 })
}, 60_000)
afterAll(() => server.stop(), 30_000)

let people = 0
const person = (): Promise<Person> => server.createUser({ username: `person${++people}`, password: null })

/** As often as it takes until both workers were asked. */
async function askBoth(ask: () => Promise<void>): Promise<void> {
  const before = await requests()
  for (let asked = 0, after = before; asked < 4 || after.some((count, i) => count === before[i]); asked++) {
    await ask()
    after = await requests()
  }
}

const requests = (): Promise<number[]> => measuredOf(server, 'rollcall_http_requests_total', { status: '2xx' })

test('[WK1, WK7] one line and one URL; both workers answer every product’s login, and each knows the other’s tokens', async () => {
  expect(server.logs.stdout).toBe(`rollcall listening on ${server.url}\n`)
  expect(childrenOf(server.pid)).toHaveLength(2)
  const username = `ann${++people}`
  const ann = await server.createUser({ username })
  await askBoth(async () => {
    const native = await askAnew(server, 'POST', '/v1/login', {}, { username, password: PASSWORD })
    const rocket = await askAnew(server, 'POST', '/api/v1/login', {}, { user: username, password: PASSWORD })
    const most = await askAnew(server, 'POST', '/api/v4/users/login', {}, { login_id: username, password: PASSWORD })
    expect([native.status, rocket.status, most.status]).toEqual([200, 200, 200])
    for (const token of [native.body.token, rocket.body.data.authToken, most.headers['token']]) {
      expect((await askAnew(server, 'GET', '/v1/presence/me', bearer(token))).status).toBe(200)
      expect(
        (await askAnew(server, 'GET', `/api/v1/User/${ann.user.ids.superoffice}/UserPresenceStatus`, bearer(token))).status,
      ).toBe(200)
    }
  })
})

test('[WK1] what is set at one is read at both, and told by the sockets and streams of both', async () => {
  const bob = await person()
  const talks: Talk[] = []
  const streams = new Map<number, string>()
  const open = (transport: string) => measuredOf(server, 'rollcall_connections', { transport })
  while ((await open('websocket')).includes(0)) {
    const own = await talk(server, server.adminToken)
    await own.say({ type: 'watch', users: [bob.user.id] })
    talks.push(own)
  }
  const aborted = new AbortController()
  while ((await open('sse')).includes(0)) {
    const at = streams.size
    streams.set(at, '')
    await follow(`/v1/stream?users=${bob.user.id}`, aborted.signal, (text) => streams.set(at, `${streams.get(at)}${text}`))
  }
  await say(server, bob, 'busy')
  for (const own of talks) await own.presenceOf(bob.user.id, 'busy')
  await until(() => [...streams.values()].every((text) => text.includes('"availability":"busy"')))
  await askBoth(async () => {
    await until(async () => (await askAgain(server, '/v1/presence/me', bob.token)).body.availability === 'busy')
  })
  for (const { socket } of talks) socket.terminate()
  aborted.abort()
})

test('[WK2, WK3] a worker is killed under writes: nothing acknowledged is lost, nobody is falsely offline, and it comes back', {
  timeout: 60_000,
}, async () => {
  const writers = await Promise.all([1, 2, 3, 4].map(person))
  const [cara, dan] = [await person(), await person()]
  const sessions = {
    cara: { ...(await attend(server, cara)), person: cara },
    dan: { ...(await attend(server, dan)), person: dan },
  }
  await until(async () => (await availabilityOf(server, cara)) === 'online')
  let writing = true
  const written = writers.map(async ({ token }) => {
    let last = ''
    for (let i = 0; writing; i++) {
      const put = askAnew(server, 'PUT', '/v1/presence/me/note', bearer(token), { text: `note ${i}` })
      // A refusal or a cut connection leaves the note as it was, or as it was to be.
      const answer = await put.catch(() => null)
      if (answer?.status === 200) last = `note ${i}`
    }
    return last
  })
  const seen = new Set<string>()
  const [victim = 0] = childrenOf(server.pid)
  process.kill(victim, 'SIGKILL')
  await until(async () => {
    for (const name of ['cara', 'dan'] as const) {
      seen.add(await availabilityOf(server, sessions[name].person))
      if (sessions[name].talk.socket.readyState !== 1) sessions[name] = await comeBack(sessions[name])
    }
    const workers = childrenOf(server.pid)
    return workers.length === 2 && !workers.includes(victim) && !(await measuredOf(server, 'rollcall_ready')).includes(0)
  }, 30_000)
  expect([...seen]).toEqual(['online'])
  writing = false
  const last = await Promise.all(written)
  for (const [i, { user }] of writers.entries())
    await askBoth(async () => {
      const { note } = (await askAgain(server, `/v1/presence/${user.id}`, server.adminToken)).body
      expect(Number(note.text.slice(5))).toBeGreaterThanOrEqual(Number(last[i]?.slice(5)))
    })
  expect(server.logs.stderr.match(/worker \d ended \(SIGKILL\); it is started again in/g)).toHaveLength(1)
  expect([await availabilityOf(server, cara), await availabilityOf(server, dan)]).toEqual(['online', 'online'])
  sessions.cara.talk.socket.terminate()
  sessions.dan.talk.socket.close(1000)
  await until(async () => (await availabilityOf(server, dan)) === 'offline')
  await until(async () => (await availabilityOf(server, cara)) === 'offline', GRACE_MS + 20_000)
})

/** Until a worker takes them. */
async function comeBack({ person: who, sessionId }: Present): Promise<Present> {
  for (;;) {
    const came = await attend(server, who, sessionId).catch(() => null)
    if (came !== null) return { ...came, person: who }
  }
}

interface Present {
  readonly person: Person
  readonly talk: Talk
  readonly sessionId: string
}

test('[WK2, L9] a backup and an export are taken while it is used, though the workers have no store', async () => {
  const name = `copied${++people}`
  const { folder } = await server.call('POST', '/v1/backup', server.adminToken, { name })
  expect((await readdir(folder)).length).toBeGreaterThan(1)
  const { body } = await askAnew(server, 'GET', '/v1/export', bearer(server.adminToken))
  const lines = String(body).trimEnd().split('\n')
  expect(JSON.parse(lines.at(-1) ?? '')).toEqual({ entries: lines.length - 2 })
})

test('[N47] a request that is sent again to whichever worker makes nothing twice', async () => {
  const name = `once${++people}`
  const headers = { ...bearer(server.adminToken), 'Idempotency-Key': name }
  const post = () => askAnew(server, 'POST', '/v1/tokens', headers, { name })
  const answers = await Promise.all(Array.from({ length: 8 }, post))
  const made = answers.filter(({ status }) => status === 201)
  expect(new Set(made.map(({ body }) => body.token)).size).toBe(1)
  expect(answers.filter(({ status }) => status !== 201).every(({ status }) => status === 409)).toBe(true)
  await askBoth(async () => expect((await post()).body).toEqual(made[0]?.body))
})

test('[WK5] while the process with the store stands still, answers say as of when, and nothing is written; then all goes on', {
  timeout: 40_000,
}, async () => {
  const eve = await person()
  const asOf = async () => (await askAnew(server, 'GET', '/v1/presence/me', bearer(eve.token))).headers['rollcall-as-of']
  expect(await asOf()).toBeUndefined()
  process.kill(server.pid ?? 0, 'SIGSTOP')
  try {
    await until(async () => (await asOf()) !== undefined)
    expect((await askAnew(server, 'PUT', '/v1/presence/me/note', bearer(eve.token), { text: 'lost' })).status).toBe(503)
    expect((await askAnew(server, 'GET', '/readyz')).status).toBe(200)
    expect((await askAnew(server, 'GET', '/readyz?writable')).status).toBe(503)
  } finally {
    process.kill(server.pid ?? 0, 'SIGCONT')
  }
  await until(async () => (await asOf()) === undefined)
  await until(
    async () => (await askAnew(server, 'PUT', '/v1/presence/me/note', bearer(eve.token), { text: 'again' })).status === 200,
  )
})

test('[WK4, ST9] the process with the store is killed: the workers end with it; what was acknowledged is there after the next start', {
  timeout: 40_000,
}, async () => {
  const fay = await person()
  await say(server, fay, 'dnd')
  const workers = childrenOf(server.pid)
  expect(workers).toHaveLength(2)
  await server.kill()
  await until(() => workers.every((pid) => !isThere(pid)))
  await server.restart()
  expect(await availabilityOf(server, fay)).toBe('dnd')
})

test('[WK6] SIGTERM drains all: sockets are told to come back, and the code is 0', { timeout: 30_000 }, async () => {
  const { token } = await server.login(ADMIN.username, ADMIN.password)
  const talks = [await talk(server, token), await talk(server, token), await talk(server, token)]
  const workers = childrenOf(server.pid)
  const code = server.stop()
  for (const { closed } of talks) expect((await closed).code).toBe(1001)
  expect(await code).toBe(0)
  expect(workers.some(isThere)).toBe(false)
})

/** Resolves once the stream has begun. */
function follow(path: string, signal: AbortSignal, onText: (text: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = bearer(server.adminToken)
    const asked = request(new URL(path, server.url), { agent: false, headers, signal }, (answer) => {
      answer.setEncoding('utf8').on('data', onText)
      answer.on('error', () => {})
      resolve()
    })
    asked.on('error', (error) => (signal.aborted ? undefined : reject(error)))
    asked.end()
  })
}
