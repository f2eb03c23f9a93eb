import { readFileSync } from 'node:fs'

/** What `npm run build` makes of the client for browsers; null: it did not run. */
const read = (name: string) => (): string | null => {
  try {
    return readFileSync(new URL(`../../dist/browser/${name}`, import.meta.url), 'utf8')
  } catch {
    return null
  }
}

export const SCRIPTS = { client: read('client.js'), element: read('element.js') }

const CONSOLE = ['index.html', 'console.js', 'console.css', 'emoji.json', 'icon.svg']

/** What the same makes of the console; null for any other name, too. */
export const consoleFile = (name: string): string | null => (CONSOLE.includes(name) ? read(`console/${name}`)() : null)
