import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT, type Source, sourcesUnder, textsIn } from './sources.ts'

const DEFINITION = /^\s*(?:- )?\*\*([A-Z]+(?:\d+|-[A-Za-z0-9.-]*\d[A-Za-z0-9.-]*))\*\*/gm
const RULE_ID = /^[A-Z]+(?:\d+|-[A-Za-z0-9.-]*\d[A-Za-z0-9.-]*)$/

const specs: Source[] = [page('SPEC.md'), ...sourcesUnder('src', 'SPEC.md')]
const rules = specs.flatMap(({ path, text }) => definedIn(text).map((id) => ({ id, path })))
const citations = sourcesUnder('test', '.ts').flatMap((source) =>
  textsIn(source).flatMap((text) => citedIn(text).map((id) => ({ id, path: source.path }))),
)

test('there are rules, and tests that cite them', () => {
  expect(rules.length).toBeGreaterThan(30)
  expect(citations.length).toBeGreaterThan(30)
})

test('no rule is numbered twice', () => {
  const ids = rules.map(({ id }) => id)
  expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([])
})

test('every rule has a test that names it', () => {
  const cited = new Set(citations.map(({ id }) => id))
  expect(rules.filter(({ id }) => !cited.has(id)).map(({ id, path }) => `${path}: ${id}`)).toEqual([])
})

test('every rule that a test names exists', () => {
  const known = new Set(rules.map(({ id }) => id))
  const unknown = citations.filter(({ id }) => !known.has(id)).map(({ id, path }) => `${path}: ${id}`)
  expect([...new Set(unknown)]).toEqual([])
})

test('rules are found at the start of a line, and citations between brackets, one or several', () => {
  expect(definedIn('- **R1** one\n**XY-1.2-3** two\n  - **Z9** three\nas **R2** says\n- **Words** none\n')).toEqual([
    'R1',
    'XY-1.2-3',
    'Z9',
  ])
  expect(citedIn(`${'[R'}1] ${'[XY-'}1.2-3, Z9] three, [not one], [1], [ids]`)).toEqual(['R1', 'XY-1.2-3', 'Z9'])
})

function page(path: string): Source {
  return { path, text: readFileSync(join(ROOT, path), 'utf8') }
}

function definedIn(text: string): string[] {
  return [...text.matchAll(DEFINITION)].map(([, id]) => id ?? '')
}

function citedIn(text: string): string[] {
  return [...text.matchAll(/\[([^[\]]+)\]/g)].flatMap(([, inside]) => {
    const ids = (inside ?? '').split(/[\s,]+/)
    return ids.every((id) => RULE_ID.test(id)) ? ids : []
  })
}
