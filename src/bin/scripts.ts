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
