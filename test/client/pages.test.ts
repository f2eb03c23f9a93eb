import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBrowser } from '../chromium.ts'
import { type Person, type Server, startServer } from '../server.ts'

let server: Server
let browser: Browser
let site: Awaited<ReturnType<typeof startSite>>
let anna: Person
beforeAll(async () => {
  ;[server, browser, site] = await Promise.all([startServer(), openBrowser(), startSite()])
  anna = await server.createUser({ username: 'anna', password: null })
})
afterAll(async () => {
  await browser?.close()
  await Promise.all([server?.stop(), site?.stop()])
})

const set = (availability: string, more: object = {}) =>
  server.call('PUT', '/v1/presence/me/availability', anna.token, { availability, ...more })

/** A token that may stand in a page of the site. */
async function publishable(origins = [site.url]): Promise<{ token: string; id: string }> {
  const wanted = { name: 'page', kind: 'publishable', users: [anna.user.id], origins }
  return server.call('POST', '/v1/tokens', server.adminToken, wanted)
}

/** Another site than the server's, whose pages may do next to nothing beside. */
async function startSite() {
  let html = ''
  let policy = ''
  const http = createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': policy }).end(html)
  }).listen(0, '127.0.0.1')
  await once(http, 'listening')
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    serve(page: string, allowed: string) {
      html = page
      policy = allowed
    },
    async stop() {
      http.closeAllConnections()
      http.close()
    },
  }
}

async function openPage(html: string, policy = ''): Promise<Page> {
  site.serve(html, policy)
  const page = await browser.newPage()
  await page.goto(site.url)
  return page
}

const dots = (token: string, body: string) => `<!doctype html><html lang="en"><meta name="rollcall-token" content="${token}">
<script type="module" src="${server.url}/element.js"></script><body>${body}</body></html>`

test('[X10] a page with one line of script shows who is there, live, under a policy that allows nothing else', async () => {
  await set('away')
  const { token, id } = await publishable()
  const policy = `default-src 'none'; script-src ${server.url}; connect-src ${server.url.replace('http', 'ws')}`
  const errors: string[] = []
  const page = await openPage(
    dots(token, '<rollcall-status user="anna"></rollcall-status><rollcall-status user="anna" show="dot"></rollcall-status>'),
    policy,
  )
  page.on('console', (message) => errors.push(message.text()))
  const [worded, dot] = [page.locator('rollcall-status').nth(0), page.locator('rollcall-status').nth(1)]
  await worded.getByText('away').waitFor()
  await set('busy', { activity: 'in_a_meeting' })
  await worded.getByText('busy, in a meeting').waitFor()
  const widths = await Promise.all([worded, dot].map(async (one) => (await one.boundingBox())?.width ?? 0))
  expect(widths[1]).toBeLessThan(20)
  expect(widths[0]).toBeGreaterThan(60)
  // Whoever hears the page rather than seeing it, is told the words of a lone dot too.
  expect(await page.locator('body').ariaSnapshot()).toMatch(/busy, in a meeting.*busy, in a meeting/s)
  const shape = () => dot.locator('path').getAttribute('d')
  const before = await shape()
  await set('dnd')
  await worded.getByText('do not disturb').waitFor()
  expect(await shape()).not.toBe(before)
  const failed = page.evaluate(
    `new Promise((told) => document.addEventListener('rollcall-failure', ({ detail }) => told(detail.code), { once: true }))`,
  )
  await server.call('DELETE', `/v1/tokens/${id}`, server.adminToken)
  expect(await failed).toBe('unauthenticated')
  await worded.getByText('unknown').waitFor()
  expect(errors).toEqual([])
  await page.close()
})

test('[X10] a page styles the parts, on light and on dark; the colours stand out from both', async () => {
  await set('busy')
  const { token } = await publishable()
  const page = await openPage(
    dots(
      token,
      '<style>rollcall-status::part(text) { font-weight: 800; } .own { --rollcall-busy: rgb(1, 2, 3); }</style><rollcall-status user="anna"></rollcall-status><rollcall-status class="own" user="anna"></rollcall-status>',
    ),
  )
  await page.getByText('busy').nth(1).waitFor()
  const style = (at: number, part: string, name: string): Promise<string> =>
    page.evaluate(`getComputedStyle(document.querySelectorAll('rollcall-status')[${at}].shadowRoot
      .querySelector('[part~=${part}]')).getPropertyValue('${name}')`)
  expect(await style(0, 'text', 'font-weight')).toBe('800')
  expect(await style(1, 'dot', 'color')).toBe('rgb(1, 2, 3)')
  const colour = (await style(0, 'dot', 'color')).match(/\d+/g)?.map(Number) ?? []
  for (const around of [
    [255, 255, 255],
    [18, 18, 18],
  ])
    expect(contrast(colour, around)).toBeGreaterThanOrEqual(3)
  await page.close()
})

test('[X10] a token of another origin, or a user it does not name, shows nothing', async () => {
  const { token } = await publishable(['https://elsewhere.example.org'])
  const page = await openPage(dots(token, '<rollcall-status user="anna"></rollcall-status>'))
  await page.getByText('unknown').waitFor()
  const own = await publishable()
  await set('busy')
  await page.evaluate(`document.body.innerHTML = '<rollcall-status user="admin" token="${own.token}"></rollcall-status>' +
    '<rollcall-status user="anna" token="${own.token}"></rollcall-status>'`)
  await page.getByText('busy').waitFor()
  await page.getByText('unknown').waitFor()
  await page.close()
})

test.each(['socket', 'stream'] as const)('[X8, X1] the client runs in a browser, over a %s', async (transport) => {
  await server.call('PATCH', '/v1/settings', server.adminToken, { allowedOrigins: [site.url] })
  await set('away')
  const page = await openPage('<!doctype html><title>page</title>')
  const heard = await page.evaluate(`(async () => {
    const { connect, Failure } = await import('${server.url}/client.js')
    const client = connect({ url: '${server.url}', token: '${anna.token}', transport: '${transport}' })
    const said = []
    const busy = new Promise((resolve) => {
      client.watch(['me'], ({ availability }) => {
        said.push(availability)
        if (availability === 'busy') resolve()
      })
    })
    await client.ready()
    await client.setAvailability('me', 'busy')
    await busy
    const failure = await client.setNote('me', { text: 'x'.repeat(5000) }).catch((error) => error)
    client.close()
    return { said, failed: failure instanceof Failure && failure.reason }
  })()`)
  expect(heard).toEqual({ said: ['away', 'busy'], failed: 'note_too_long' })
  await page.close()
})

test('[X9] two tabs of a browser are one session, which outlives the tab that spoke for it', async () => {
  const bob = await server.createUser({ username: 'bob', password: null })
  const sessions = async () => {
    const { facts } = await server.call('GET', '/v1/presence/me/explain', bob.token)
    return facts.filter(({ kind }: { kind: string }) => kind === 'session').length
  }
  const context = await browser.newContext()
  const tabs = await Promise.all([context.newPage(), context.newPage()])
  site.serve('<!doctype html><title>tab</title>', '')
  for (const tab of tabs) {
    await tab.goto(site.url)
    await tab.evaluate(`import('${server.url}/client.js').then(({ connect, reportActivity }) => {
      reportActivity({ client: connect({ url: '${server.url}', token: '${bob.token}' }), idleAfterMs: 400, sayMs: 100 })
    })`)
  }
  const shown = async (wanted: string) =>
    expect
      .poll(async () => (await server.call('GET', '/v1/presence/me', bob.token)).availability, { timeout: 10_000 })
      .toBe(wanted)
  await shown('away')
  expect(await sessions()).toBe(1)
  await tabs[1]?.keyboard.press('a')
  await shown('online')
  await tabs[0]?.close()
  await tabs[1]?.mouse.move(5, 5)
  await shown('online')
  expect(await sessions()).toBe(1)
  await shown('away')
  await context.close()
})

/** As WCAG 2 has it: graphics need 3. */
function contrast(one: readonly number[], other: readonly number[]): number {
  const light = (colour: readonly number[]): number => {
    const [red = 0, green = 0, blue = 0] = colour.map((part) =>
      part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4,
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }
  const [brighter = 0, darker = 0] = [light(one), light(other)].toSorted((a, b) => b - a)
  return (brighter + 0.05) / (darker + 0.05)
}
