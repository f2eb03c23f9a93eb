import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBrowser } from '../chromium.ts'
import { type Server, startServer } from '../server.ts'
import { operationsOf, readDocument } from './document.ts'

let server: Server
let browser: Browser

beforeAll(async () => {
  ;[server, browser] = await Promise.all([startServer({ store: 'memory:' }), openBrowser()])
})
afterAll(async () => {
  await browser?.close()
  await server?.stop()
})

/** Opens the page, and notes what it asks for and complains of. */
async function read(path: string) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, colorScheme: 'light' })
  const asked: string[] = []
  const complaints: string[] = []
  page.on('request', (request) => void asked.push(request.url()))
  page.on('console', (message) => void (message.type() === 'error' && complaints.push(message.text())))
  page.on('pageerror', (error) => void complaints.push(error.message))
  await page.goto(new URL(path, server.url).href)
  await page.locator('.opblock').first().waitFor({ timeout: WAIT_MS })
  return { page, asked, complaints }
}

/** A machine that does much else is slow to draw. */
const WAIT_MS = 60_000

test('[O6] the page shows every operation, asks nothing of any other server, and breaks no rule of its policy', async () => {
  const { page, asked, complaints } = await read('/docs')
  const seen = new Set<string>()
  // Only what is near the window is drawn: one scrolls through it all, again where drawing was slower.
  const look = async (): Promise<number> => {
    for (const name of await page.evaluate<string[]>(SCROLL_ON)) seen.add(name)
    return seen.size
  }
  const operations = operationsOf(await readDocument(server))
  await expect.poll(look, { timeout: WAIT_MS, interval: 20 }).toBe(operations.length)
  expect(asked.length).toBeGreaterThan(4)
  expect(asked.filter((url) => !url.startsWith(`${server.url}/`) && !url.startsWith('data:'))).toEqual([])
  expect(complaints).toEqual([])
  await page.close()
}, 120_000)

const SCROLL_ON = `(() => {
  const root = document.documentElement
  scrollTo(0, scrollY + innerHeight >= root.scrollHeight - 1 ? 0 : scrollY + innerHeight / 2)
  return [...document.querySelectorAll('.opblock-summary')].map((one) =>
    one.querySelector('.opblock-summary-method').textContent + ' ' + one.querySelector('.opblock-summary-path').dataset.path)
})()`

test('[O6] each dialect has its part, readable wide and narrow, in both themes', async () => {
  const { page, complaints } = await read('/docs?dialect=superoffice')
  expect(await page.locator('nav a[aria-current]').textContent()).toBe('SuperOffice')
  await page.locator('.opblock-summary').first().click()
  await page.locator('.responses-table .response').first().waitFor()
  for (const width of [1280, 390])
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.setViewportSize({ width, height: 900 })
      await page.emulateMedia({ colorScheme })
      const dark = colorScheme === 'dark'
      const look = () => page.evaluate<{ dark: boolean; lightGround: boolean; overflows: boolean }>(LOOK)
      await expect.poll(look, { timeout: WAIT_MS }).toEqual({ dark, lightGround: !dark, overflows: false })
    }
  expect(complaints).toEqual([])
  await page.close()
}, 120_000)

const LOOK = `({
  dark: document.documentElement.classList.contains('dark-mode'),
  lightGround: Number(getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0]) > 127,
  overflows: document.documentElement.scrollWidth > innerWidth,
})`

test('[O6] its policy lets no script and no style in that is not a file of its own', async () => {
  const { headers } = await server.request('/docs')
  const policy = headers.get('content-security-policy') ?? ''
  expect(policy).toContain("default-src 'none'")
  expect(policy).not.toMatch(/unsafe|https?:|\*/)
})
