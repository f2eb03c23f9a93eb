import { createHash, pbkdf2Sync } from 'node:crypto'
import { hash } from '@node-rs/bcrypt'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { openBrowser } from '../chromium.ts'
import { ask } from '../native/ask.ts'
import { type Server, startServer } from '../server.ts'

let server: Server
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.stop())

const PASSWORD = 'pässword of old'
const DIGEST = createHash('sha256').update(PASSWORD).digest('hex')
const unpadded = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '')

function pbkdf2Of(password: string, passes: number): string {
  const salt = Buffer.from('sixteen bytes ok')
  return `$pbkdf2$f=SHA256,w=${passes},l=32$${unpadded(salt)}$${unpadded(pbkdf2Sync(password, salt, passes, 32, 'sha256'))}`
}

async function importLines(...lines: readonly object[]) {
  const response = await server.request('/v1/users:import', {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-ndjson', Authorization: `Bearer ${server.adminToken}` },
    body: lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
  })
  return (await response.text())
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}

const login = (username: string, password: string) => ask(server, 'POST /v1/login', { token: null, body: { username, password } })

/** As Rocket.Chat's socket does, with the SHA-256 alone. */
const loginByDigest = (username: string) =>
  server.request('/api/v1/login', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ user: username, password: { digest: DIGEST, algorithm: 'sha-256' } }),
  })

test('[N50] hashes of other servers are right once, and are ours from then on', async () => {
  const brought = {
    bcrypt: await hash(PASSWORD, 4),
    'bcrypt.2a': (await hash(PASSWORD, 4)).replace('$2b$', '$2a$'),
    'bcrypt.of.digest': `sha256:${await hash(DIGEST, 4)}`,
    pbkdf2: pbkdf2Of(PASSWORD, 1_000),
  }
  await importLines(...Object.entries(brought).map(([username, passwordHash]) => ({ username, passwordHash })))
  for (const username of Object.keys(brought)) {
    expect((await login(username, 'another')).status).toBe(401)
    if (username !== 'bcrypt.of.digest') expect((await loginByDigest(username)).status).toBe(401)
    const first = await login(username, PASSWORD)
    expect(first.status).toBe(200)
    expect((await loginByDigest(username)).status).toBe(200)
    expect((await login(username, PASSWORD)).status).toBe(200)
    expect((await login(username, 'another')).status).toBe(401)
    expect((await ask(server, 'GET /v1/presence/me', { token: first.body.token })).status).toBe(200)
  }
})

test('[N50] a hash changes no password, is refused when it is dear or odd, and is for administrators to bring', async () => {
  const passwordHash = await hash('theirs', 4)
  await importLines({ username: 'has.one', password: 'has one' }, { username: 'has.none' })
  const [kept, given] = await importLines({ username: 'has.one', passwordHash }, { username: 'has.none', passwordHash })
  expect([kept.result, given.result]).toEqual(['unchanged', 'updated'])
  expect((await login('has.one', 'has one')).status).toBe(200)
  expect((await login('has.none', 'theirs')).status).toBe(200)
  const odd = [
    passwordHash.replace('$04$', '$15$'),
    pbkdf2Of('x', 1_000).replace('w=1000', 'w=9999999'),
    'plain',
    `md5:${passwordHash}`,
  ]
  for (const refused of await importLines(...odd.map((text, i) => ({ username: `odd${i}`, passwordHash: text }))))
    expect(refused.problem?.detail ?? refused.refused).toEqual(
      refused.done ? 4 : expect.stringContaining('passwordHash must be $2b$'),
    )
  expect((await ask(server, 'PATCH /v1/users/has.none', { body: { passwordHash } })).status).toBe(400)
})

test('[N51] a link sets a password once, ends with another link or password, and is made for whoever has none', async () => {
  const report = await importLines(
    { username: 'linked', passwordLink: true },
    { username: 'has.a.password', password: 'x', passwordLink: true },
  )
  expect(report[1]).not.toHaveProperty('passwordLink')
  const { url, until } = report[0].passwordLink
  expect(Date.parse(until) - Date.now()).toBeGreaterThan(6 * 24 * 3_600_000)
  const again = (await ask(server, 'POST /v1/users/linked/password-link')).body
  const use = (link: string, password: string) =>
    ask(server, 'POST /v1/password', { token: null, body: { secret: link.split('#')[1], password } })
  expect((await use(url, 'late')).status).toBe(404)
  const both = await Promise.all([use(again.url, 'one'), use(again.url, 'two')])
  expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 404])
  expect((await login('linked', both[0]?.status === 200 ? 'one' : 'two')).status).toBe(200)
  expect((await use(again.url, 'three')).status).toBe(404)
  const third = (await ask(server, 'POST /v1/users/linked/password-link')).body
  await ask(server, 'PATCH /v1/users/linked', { body: { password: 'set by an administrator' } })
  expect((await use(third.url, 'late')).status).toBe(404)
  const linked = await login('linked', 'set by an administrator')
  expect((await ask(server, 'POST /v1/users/admin/password-link', { token: linked.body.token })).status).toBe(403)
  expect(await importLines({ username: 'linked', passwordLink: true })).toEqual([
    { line: 1, result: 'unchanged', id: expect.any(String) },
    expect.anything(),
  ])
})

test('[N51] the page of a link sets the password in a browser, and says what is wrong', async () => {
  const [made] = await importLines({ username: 'browsing', passwordLink: true })
  const browser = await openBrowser()
  onTestFinished(() => browser.close())
  const page = await browser.newPage()
  await page.goto(made.passwordLink.url)
  const set = async (password: string, again: string): Promise<void> => {
    await page.getByLabel('New password').fill(password)
    await page.getByLabel('The same again').fill(again)
    await page.getByRole('button', { name: 'Set password' }).click()
  }
  await set('one', 'another')
  await page.getByText('The two are not the same.').waitFor()
  await set('of the browser', 'of the browser')
  await page.getByText('Your password is set, browsing.').waitFor()
  expect(page.url()).not.toContain('#')
  expect((await login('browsing', 'of the browser')).status).toBe(200)
  await page.goto('about:blank')
  await page.goto(made.passwordLink.url)
  await set('again', 'again')
  await page.getByText('This link was used').waitFor()
})
