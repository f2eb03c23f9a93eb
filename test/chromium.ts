import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { getuid } from 'node:process'
import { type Browser, chromium } from 'playwright-core'

/** Where a Chromium or a Chrome is, on the systems that people build on. */
const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]

const MISSING =
  'Tests of pages need Chromium, and there is none. Install it (on Debian: apt-get install chromium), or say in CHROME_PATH where one is.'

/** Opens a real browser without a window; the caller closes it. Throws with words where none is installed. */
export function openBrowser(): Promise<Browser> {
  const executablePath = placeOfBrowser()
  if (executablePath === null) throw new Error(MISSING)
  // Root has no sandbox; the pages are our own.
  return chromium.launch({ executablePath, args: getuid?.() === 0 ? ['--no-sandbox'] : [] })
}

function placeOfBrowser(): string | null {
  const said = process.env['CHROME_PATH']
  return [...(said === undefined ? [] : [said]), ...PLACES].find((place) => existsSync(place)) ?? null
}

/** Before all tests: installs Debian's package where this may be done, else says what to do. */
function provide(): void {
  if (placeOfBrowser() !== null) return
  if (getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    for (const args of [['update'], ['install', '-y', '--no-install-recommends', 'chromium']])
      spawnSync('apt-get', args, {
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      })
  }
  if (placeOfBrowser() === null) process.stderr.write(`${MISSING}\n`)
}

if (import.meta.main) provide()
