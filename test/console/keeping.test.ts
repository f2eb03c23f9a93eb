import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBrowser } from '../chromium.ts'
import { ADMIN, type Person, type Server, startServer } from '../server.ts'
import { type Browsing, enter, eventually, hurdlesOf, openConsole, signIn, visit } from './browsing.ts'

let server: Server
let browser: Browser
let opened: Browsing
let page: Page
let anna: Person
beforeAll(async () => {
  ;[server, browser] = await Promise.all([startServer({ store: 'memory:' }), openBrowser()])
  anna = await server.createUser({ username: 'anna', name: 'Anna Berg', password: null })
  await server.call('PUT', '/v1/presence/me/availability', anna.token, { availability: 'online' })
  opened = await openConsole(browser, server)
  page = opened.page
  await enter(page, { token: server.adminToken })
})
afterAll(async () => {
  await browser?.close()
  await server?.stop()
  expect(opened.complaints).toEqual([])
})

const told = (text: string | RegExp) => page.getByRole('status').getByText(text).waitFor()

test('[J6] a group is made, filled and counted live; who is chosen is not the next one', async () => {
  const bob = await server.createUser({ username: 'bob', name: 'Bob Stone', password: null })
  await server.call('PUT', '/v1/presence/me/availability', bob.token, { availability: 'online' })
  await visit(page, '#/groups', 'Groups')
  await page.getByLabel('Name').fill('Support')
  await page.getByRole('button', { name: 'Make group' }).click()
  await page.getByRole('heading', { level: 1, name: 'Support' }).waitFor()
  for (const username of ['anna', 'bob']) {
    await page.getByLabel(/Add a member/).fill(username)
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    await page.getByRole('button', { name: `Remove ${username === 'anna' ? 'Anna Berg' : 'Bob Stone'}` }).waitFor()
  }
  const first = page.getByRole('region', { name: 'First available' })
  const chosen = await first.getByRole('link').textContent()
  await first.getByRole('button', { name: 'Choose' }).click()
  await told(`${chosen} is chosen`)
  await eventually(() => first.getByRole('link').textContent()).not.toBe(chosen)
  await server.call('PUT', '/v1/presence/me/availability', bob.token, { availability: 'dnd' })
  await page.getByText('1 do not disturb').waitFor()
  await server.call('PUT', '/v1/presence/me/availability', anna.token, { availability: 'busy' })
  await first.getByText('Nobody is free.').waitFor()
  await server.call('PUT', '/v1/presence/me/availability', anna.token, { availability: 'online' })
  await visit(page, '#/groups', 'Groups')
  await page.getByRole('listitem').filter({ hasText: 'Support' }).getByText('1 online').waitFor()
})

test('[J8] a user is made, signs in, is changed and deleted', async () => {
  await visit(page, '#/admin/users', 'Users')
  await page.getByText('New user').click()
  await page.getByLabel('Username', { exact: true }).fill('zoe')
  await page.getByLabel('Name', { exact: true }).fill('Zoe Adler')
  await page.getByLabel('Password').fill('a password of hers')
  await page.getByRole('button', { name: 'Make user' }).click()
  await page.getByRole('heading', { level: 2, name: 'Zoe Adler' }).waitFor()
  const hers = await openConsole(browser, server)
  await signIn(hers.page, { username: 'zoe', password: 'a password of hers' })
  expect(await hers.page.getByRole('navigation').getByRole('link', { name: 'Admin' }).count()).toBe(0)
  await page.getByLabel('E-mail address').fill('not an address')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByLabel('E-mail address').fill('zoe@example.org')
  await page.getByRole('button', { name: 'Save' }).click()
  await told('Saved.')
  expect((await server.call('GET', '/v1/users/zoe', server.adminToken)).email).toBe('zoe@example.org')
  await page.getByRole('button', { name: 'Delete' }).click()
  await page
    .getByRole('dialog')
    .getByText(/Delete Zoe Adler\?/)
    .waitFor()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await told('Deleted.')
  await hers.page.getByText('You were signed out').waitFor()
  await hers.page.close()
})

test('[J8] a token is made, shown once, works, and ends', async () => {
  await visit(page, '#/admin/tokens/anna', 'Tokens and applications')
  await page.getByText('New token').click()
  await page.getByLabel('Name', { exact: true }).fill('calendar')
  await page.getByLabel('claims:calendar').check()
  await page.getByLabel('presence:read').check()
  await page.getByRole('button', { name: 'Make token' }).click()
  const token =
    (await page
      .getByRole('group', { name: /shown this once/ })
      .locator('code')
      .textContent()) ?? ''
  expect(await server.call('GET', '/v1/presence/anna', token)).toMatchObject({ availability: 'online' })
  const line = page.getByRole('listitem').filter({ has: page.getByText('calendar', { exact: true }) })
  await line.getByRole('button', { name: 'End' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'End' }).click()
  await told('The token has ended.')
  await expect(server.call('GET', '/v1/presence/anna', token)).rejects.toThrow(': 401 ')
})

test('[J8] presets and settings are kept, and all of it is in the audit log', async () => {
  await visit(page, '#/admin/presets', 'Presets')
  const fresh = page.getByRole('region', { name: 'New preset' })
  await fresh.getByLabel('Name').fill('At a customer')
  await fresh.getByLabel('Availability').selectOption('busy')
  await fresh.getByRole('button', { name: 'Add' }).click()
  await page.getByRole('region', { name: 'At a customer' }).waitFor()
  await visit(page, '#/me', 'My status')
  await page.getByRole('button', { name: 'At a customer' }).click()
  await eventually(async () => (await server.call('GET', '/v1/presence/admin', anna.token)).note?.text).toBe('At a customer')
  await visit(page, '#/admin/settings', 'Settings')
  await page.getByLabel('People may set notes').uncheck()
  await page.getByLabel('Away after so long without input, in ms').fill('1')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('alert').getByText('awayAfterMs').waitFor()
  await page.getByLabel('Away after so long without input, in ms').fill('20000')
  await page.getByRole('button', { name: 'Save' }).click()
  await told('2 settings are changed.')
  expect(await server.call('GET', '/v1/settings', server.adminToken)).toMatchObject({ notesAllowed: false, awayAfterMs: 20_000 })
  await visit(page, '#/admin/audit', 'Audit log')
  await page.getByLabel('What').selectOption('preset.put')
  await page.getByText(/^name: At a customer/).waitFor()
})

test('[J8] a webhook is made, tested, turned off and deleted', async () => {
  const receiver = createServer((request, response) => void request.resume().on('end', () => response.writeHead(204).end()))
  await once(receiver.listen(0, '127.0.0.1'), 'listening')
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/told`
  try {
    await visit(page, '#/admin/webhooks', 'Webhooks')
    await page.getByText('New webhook').click()
    await page.getByLabel('Address').fill(url)
    await page.getByLabel('Name', { exact: true }).fill('Lamp')
    await page.getByRole('button', { name: 'Make webhook' }).click()
    await page.getByRole('alert').waitFor()
    await server.call('PATCH', '/v1/settings', server.adminToken, { webhookHosts: ['127.0.0.1'] })
    await page.getByRole('button', { name: 'Make webhook' }).click()
    expect(
      await page
        .getByRole('group', { name: /shown this once/ })
        .locator('code')
        .textContent(),
    ).toMatch(/^whsec_/)
    const card = page.getByRole('region', { name: 'Lamp' })
    await card.getByRole('button', { name: 'Send a test' }).click()
    await told(/It was taken: 204/)
    await card.getByRole('button', { name: 'Turn off' }).click()
    await card.getByText('off', { exact: true }).waitFor()
    await card.getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await told('Deleted.')
    await eventually(() => card.count()).toBe(0)
  } finally {
    receiver.close()
  }
})

test('[J9] the figures are the server’s own, or, where these may not be read, the page’s', async () => {
  await visit(page, '#/figures', 'Live figures')
  await eventually(async () => Number(await page.getByRole('definition').nth(3).textContent())).toBeGreaterThan(0)
  await page.getByText('connections').waitFor()
  await using hidden = await startServer({ store: 'memory:', env: { ROLLCALL_METRICS: 'token' } })
  const { token } = await hidden.createUser({ username: 'anna', password: null })
  const other = await openConsole(browser, hidden)
  await enter(other.page, { token })
  await visit(other.page, '#/figures', 'Live figures')
  await other.page.getByText('The server’s own figures are not readable with your token').waitFor()
  await other.page.close()
})

const PAGES = [
  ['#/', 'Board'],
  ['#/me', 'My status'],
  ['#/people/anna', 'Anna Berg'],
  ['#/groups', 'Groups'],
  ['#/figures', 'Live figures'],
  ['#/admin/users', 'Users'],
  ['#/admin/users/anna', 'Users'],
  ['#/admin/tokens', 'Tokens and applications'],
  ['#/admin/presets', 'Presets'],
  ['#/admin/settings', 'Settings'],
  ['#/admin/webhooks', 'Webhooks'],
  ['#/admin/audit', 'Audit log'],
] as const

test('[J10] nothing keeps anybody from using any page, in both themes, from narrow to wide', { timeout: 60_000 }, async () => {
  const found: string[] = []
  for (const [width, colorScheme] of [
    [320, 'dark'],
    [1280, 'light'],
  ] as const) {
    await page.setViewportSize({ width, height: 800 })
    await page.emulateMedia({ colorScheme })
    for (const [address, title] of PAGES) {
      await visit(page, address, title)
      await page.waitForLoadState('networkidle')
      const wider = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')
      if (wider > 0) found.push(`${address} is ${wider} pixels too wide at ${width}`)
      found.push(...(await hurdlesOf(page)).map((hurdle) => `${address} ${width} ${colorScheme}: ${hurdle}`))
    }
  }
  await page.setViewportSize({ width: 1280, height: 860 })
  expect(found).toEqual([])
})

test('[J10] with the keyboard alone one signs in, finds a person, and sets a status', async () => {
  const { page: keys } = await openConsole(browser, server)
  expect(await hurdlesOf(keys)).toEqual([])
  const press = async (...names: string[]) => {
    for (const name of names) await keys.keyboard.press(name)
  }
  const type = (text: string) => keys.keyboard.type(text)
  await press('Tab')
  await type(ADMIN.username)
  await press('Tab')
  await type(ADMIN.password)
  await press('Enter')
  await keys.getByRole('link', { name: /Anna Berg/ }).waitFor()
  const focused = () => keys.evaluate<string>(`document.activeElement.matches('a') ? document.activeElement.textContent : ''`)
  for (let turns = 0; turns < 25 && !(await focused()).includes('admin · you'); turns++) await press('Tab')
  await press('ArrowDown', 'End', 'Home', 'ArrowDown')
  await eventually(focused).toContain('Anna Berg')
  await press('Enter')
  await keys.getByRole('heading', { level: 1, name: 'Anna Berg' }).waitFor()
  await eventually(() => keys.evaluate('document.activeElement.tagName')).toBe('H1')
  await visit(keys, '#/me', 'My status')
  await keys.getByRole('radio', { name: 'online' }).focus()
  await press('ArrowRight', 'ArrowRight', 'Enter')
  await eventually(async () => (await server.call('GET', '/v1/presence/admin', anna.token)).availability).toBe('busy')
  await keys.close()
})

test('[J11] it speaks the language of the browser until the reader chooses the other', async () => {
  const { page: german } = await openConsole(browser, server, { locale: 'de-DE' })
  await german.getByRole('heading', { name: 'Bei Rollcall anmelden' }).waitFor()
  await enter(german, anna)
  await visit(german, '#/me', 'Mein Status')
  await german.evaluate(`location.hash = '#/people/anna'`)
  await german
    .locator('.sentence[lang=de]')
    .getByText(/^Gezeigt als /)
    .waitFor()
  await visit(german, '#/me', 'Mein Status')
  expect(await german.evaluate('document.documentElement.lang')).toBe('de')
  await german.getByRole('button', { name: 'English' }).click()
  await german.getByRole('heading', { level: 1, name: 'My status' }).waitFor()
  await german.reload()
  await german.getByRole('heading', { level: 1, name: 'My status' }).waitFor()
  await german.close()
})
