import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { anchorsOf, linksIn, ROOT, readPages, readTokens } from '../../docs/site/pages.ts'

const pages = readPages()
const anchors = new Map(pages.map((page) => [page.path, new Set(anchorsOf(page))]))
const links = pages.flatMap((page) => linksIn(page.path, readTokens(page)).map((link) => ({ from: page.path, ...link })))

test('there are pages, and links between them', () => {
  expect(pages.length).toBeGreaterThan(30)
  expect(links.filter(({ anchor }) => anchor !== '').length).toBeGreaterThan(5)
})

test('[DOC1] every link leads to a file', () => {
  const dead = links.filter(({ outside, target }) => !outside && !isFile(target))
  expect(dead.map(({ from, written }) => `${from}: ${written}`)).toEqual([])
})

test('[DOC1] every anchor is that of a heading', () => {
  const dead = links.filter(({ outside, target, anchor }) => !outside && anchor !== '' && !anchors.get(target)?.has(anchor))
  expect(dead.map(({ from, written }) => `${from}: ${written}`)).toEqual([])
})

test('links to elsewhere are whole https addresses, or those of a server as it starts', () => {
  const odd = links.filter(
    ({ outside, target }) => outside && !/^(https:\/\/[a-z0-9.-]+\.[a-z]+(\/|$)|http:\/\/127\.0\.0\.1:4600\/)/.test(target),
  )
  expect(odd.map(({ from, written }) => `${from}: ${written}`)).toEqual([])
})

test('[DOC1] every page of docs/ is listed in docs/README.md', () => {
  const listed = new Set(links.filter(({ from }) => from === 'docs/README.md').map(({ target }) => target))
  const own = pages.map(({ path }) => path).filter((path) => /^(docs\/)?[^/]+\.md$/.test(path) && path !== 'docs/README.md')
  expect(own.filter((path) => !listed.has(path))).toEqual([])
})

function isFile(path: string): boolean {
  return existsSync(join(ROOT, path)) && statSync(join(ROOT, path)).isFile()
}
