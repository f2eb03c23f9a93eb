import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, Page } from 'playwright-core'
import { expect } from 'vitest'
import { ADMIN, type Person, type Server } from '../server.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What a page complained of: nothing, if all is well. What the network refuses is a browser's complaint, not the page's. */
export interface Browsing {
  readonly page: Page
  readonly complaints: string[]
  /** Addresses that were asked for. */
  readonly asked: string[]
}

/** Opens the console in a browser of its own, where nobody is signed in. */
export async function openConsole(
  browser: Browser,
  server: Server,
  options: Parameters<Browser['newPage']>[0] = {},
): Promise<Browsing> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 860 }, locale: 'en-GB', ...options })
  const complaints: string[] = []
  const asked: string[] = []
  page.on('request', (request) => void asked.push(request.url()))
  page.on('pageerror', (error) => void complaints.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' && !/^Failed to load resource|WebSocket connection to/.test(message.text()))
      complaints.push(message.text())
  })
  await page.goto(server.url)
  return { page, complaints, asked }
}

/** Through the form, as people do. */
export async function signIn(page: Page, { username, password }: { username: string; password: string } = ADMIN): Promise<void> {
  await page.getByLabel('Username or e-mail address').fill(username)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('navigation').waitFor()
}

/** With a token, which costs no hashing. */
export async function enter(page: Page, { token }: Pick<Person, 'token'>): Promise<void> {
  await page.evaluate(`sessionStorage.setItem('rollcall-token', ${JSON.stringify(token)})`)
  await page.reload()
  await page.getByRole('navigation').waitFor()
}

/** A page of the console, once it has its title. */
export async function visit(page: Page, address: string, title: string): Promise<void> {
  await page.evaluate(`location.hash = ${JSON.stringify(address)}`)
  await page.getByRole('heading', { level: 1, name: title }).waitFor()
}

/** What keeps anybody from using the page, in words. */
export async function hurdlesOf(page: Page): Promise<string[]> {
  await page.evaluate(AXE)
  return page.evaluate(`axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
    .then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map((node) => id + ': ' + node.target.join(' ') + ' ' + node.failureSummary)))`)
}

/** What a page shows soon, on a machine that does much else: nothing is said of how soon. */
export const eventually = <Thing>(call: () => Thing | Promise<Thing>) => expect.poll(call, { timeout: 15_000 })
