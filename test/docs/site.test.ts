import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildSite } from '../../docs/site/build.ts'
import { addressOf } from '../../docs/site/layout.ts'
import { readPages } from '../../docs/site/pages.ts'
import { openBrowser } from '../chromium.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-docs-'))
  buildSite(folder)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const read = (path: string): string => readFileSync(join(folder, path), 'utf8')
const files = (): string[] => readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.html'))

test('[DOC3] every page is in the site', () => {
  const missing = readPages().filter(({ path }) => !existsSync(join(folder, addressOf(path))))
  expect(missing.map(({ path }) => path)).toEqual([])
})

test('[DOC3] every link of the site leads to a file, and every anchor to a heading', () => {
  const dead = files().flatMap((path) =>
    [...read(path).matchAll(/ (?:href|src)="(?!https?:)([^"#]*)(?:#([^"]*))?"/g)]
      .filter(([, file = '', anchor]) => {
        const target = file === '' ? path : join(dirname(path), file)
        return !existsSync(join(folder, target)) || (anchor !== undefined && !read(target).includes(` id="${anchor}"`))
      })
      .map(([link]) => `${path}:${link}`),
  )
  expect(dead).toEqual([])
})

test('[DOC3] the search, from the disk too, finds a heading by its words and by those below it, with the keyboard alone', async () => {
  const browser = await openBrowser()
  try {
    const page = await browser.newPage({ viewport: { width: 360, height: 800 } })
    const asked: string[] = []
    page.on('request', (request) => void (request.url().startsWith('file:') || asked.push(request.url())))
    await page.goto(String(pathToFileURL(join(folder, 'docs/concepts.html'))))
    const search = page.getByRole('searchbox', { name: 'Search these pages' })
    const found = page.locator('.found')
    await search.fill('connect cut')
    await found
      .getByRole('status')
      .getByText(/^\d+ places?$/)
      .waitFor()
    expect(await found.getByRole('link').first().textContent()).toBe('When the connection is cut')
    await page.evaluate(AXE)
    expect(await page.evaluate('axe.run().then(({ violations }) => violations.map(({ id }) => id))')).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360)
    await search.fill('xyzzy')
    await found.getByText('0 places').waitFor()
    await search.press('Escape')
    expect([await search.inputValue(), await found.isVisible()]).toEqual(['', false])
    await search.fill('ROLLCALL_LEASE_MS')
    await search.press('Tab')
    await page.keyboard.press('Enter')
    await page.waitForURL(/index\.html#/)
    expect(asked).toEqual([])
  } finally {
    await browser.close()
  }
})

test('[DOC3] from the disk it asks nobody for anything, fits narrow and wide windows, and everybody can use it', async () => {
  const browser = await openBrowser()
  try {
    for (const [width, colorScheme] of [
      [360, 'dark'],
      [1280, 'light'],
    ] as const) {
      const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme })
      const asked: string[] = []
      page.on('request', (request) => void (request.url().startsWith('file:') || asked.push(request.url())))
      for (const path of ['docs/concepts.html', 'docs/operating.html']) {
        await page.goto(String(pathToFileURL(join(folder, path))))
        expect(await page.evaluate('document.documentElement.scrollWidth'), path).toBeLessThanOrEqual(width)
        await page.evaluate(AXE)
        const found = await page.evaluate(
          'axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + " " + nodes[0].html))',
        )
        expect(found, path).toEqual([])
      }
      expect(asked).toEqual([])
      await page.close()
    }
  } finally {
    await browser.close()
  }
})
