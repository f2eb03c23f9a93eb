import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { addressOf, layOut, readSections } from './layout.ts'
import { linksIn, type Page, ROOT, readPages, readTokens } from './pages.ts'
import { placesOf } from './places.ts'

if (import.meta.main) {
  const folder = join(ROOT, 'dist-docs')
  const count = buildSite(folder)
  process.stdout.write(`${count} pages in ${folder}\n`)
}

/** Writes the site into a folder, which is emptied first; answers how many pages it has. */
export function buildSite(folder: string): number {
  const pages = readPages()
  const contents = pages.find(({ path }) => path === 'docs/README.md')
  if (contents === undefined) throw new Error('docs/README.md is missing')
  const sections = readSections(contents)
  rmSync(folder, { recursive: true, force: true })
  for (const page of pages) {
    const file = join(folder, addressOf(page.path))
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, layOut(page, sections))
  }
  for (const path of new Set(pages.flatMap(filesOf))) cpSync(join(ROOT, path), join(folder, path))
  for (const file of ['site.css', 'search.js']) cpSync(join(ROOT, 'docs/site', file), join(folder, file))
  writeFileSync(join(folder, 'places.js'), `globalThis.PLACES = ${JSON.stringify(placesOf(pages))}\n`)
  cpSync(join(ROOT, 'src/console/icon.svg'), join(folder, 'icon.svg'))
  return pages.length
}

/** What a page shows or leads to that is no page itself. */
function filesOf(page: Page): string[] {
  const links = linksIn(page.path, readTokens(page))
  return links.filter(({ outside, target }) => !outside && !target.endsWith('.md')).map(({ target }) => target)
}
