import { posix } from 'node:path'
import { htmlOf, type Link, linksIn, type Page, readTokens, type Token, wordsOf } from './pages.ts'

/** One heading of the navigation, with the pages under it. */
export interface Section {
  readonly title: string
  readonly entries: readonly { readonly title: string; readonly path: string }[]
}

/** Where a page lies in the site: a README is its folder's index. */
export function addressOf(path: string): string {
  return path.replace(/(^|\/)README\.md$/, '$1index.md').replace(/\.md$/, '.html')
}

/** The sections of `docs/README.md`: each heading with the links of its table. */
export function readSections(contents: Page): Section[] {
  const sections: { title: string; entries: { title: string; path: string }[] }[] = []
  const tokens = readTokens(contents)
  for (const [at, token] of tokens.entries()) {
    if (token.tag === 'h2' && token.nesting === 1) sections.push({ title: wordsOf(tokens[at + 1]), entries: [] })
    for (const { target } of linksIn(contents.path, [token]))
      sections.at(-1)?.entries.push({ title: wordsOf(token), path: target })
  }
  return sections
}

/** A whole HTML page. Links lead to the site's own pages and files, relative to it, so that it works from a disk too. */
export function layOut(page: Page, sections: readonly Section[]): string {
  const tokens = readTokens(page)
  const title = wordsOf(tokens[1])
  const to = (path: string): string => escaped(posix.relative(posix.dirname(page.path), addressOf(path)))
  for (const link of linksIn(page.path, tokens)) leadOn(link, page.path)
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title === 'Rollcall' ? title : `${title} · Rollcall`)}</title>
<link rel="icon" href="${to('icon.svg')}">
<link rel="stylesheet" href="${to('site.css')}">
<script src="${to('search.js')}" defer></script>
<a class="skip" href="#content">To the content</a>
<header><a href="${to('README.md')}">Rollcall</a> <a href="${to('docs/README.md')}">Documentation</a></header>
<nav aria-label="Pages">
${sections.map((section) => navigation(section, page, tokens, to)).join('\n')}
</nav>
<main id="content">
${htmlOf(tokens)}</main>
</html>
`
}

function leadOn({ token, attribute, target, anchor, outside }: Link, from: string): void {
  if (outside) return
  const path = target === from && anchor !== '' ? '' : posix.relative(posix.dirname(from), addressOf(target))
  token.attrSet(attribute, encodeURI(anchor === '' ? path : `${path}#${anchor}`))
}

function navigation({ title, entries }: Section, { path }: Page, tokens: readonly Token[], to: (path: string) => string): string {
  const items = entries.map((entry) => {
    const current = entry.path === path
    const link = `<a href="${to(entry.path)}"${current ? ' aria-current="page"' : ''}>${escaped(entry.title)}</a>`
    return `<li>${link}${current ? headings(tokens) : ''}</li>`
  })
  const open = entries.some((entry) => entry.path === path) ? ' open' : ''
  return `<details${open}><summary>${escaped(title)}</summary><ul>${items.join('')}</ul></details>`
}

function headings(tokens: readonly Token[]): string {
  const items = tokens.flatMap((token, at) => {
    if (token.tag !== 'h2' || token.nesting !== 1) return []
    return `<li><a href="#${escaped(String(token.attrGet('id')))}">${escaped(wordsOf(tokens[at + 1]))}</a></li>`
  })
  return items.length < 2 ? '' : `<ul>${items.join('')}</ul>`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
