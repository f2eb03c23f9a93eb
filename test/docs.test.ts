import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { DEFAULT_SETTINGS } from '../src/directory/settings.ts'
import { ROOT } from './sources.ts'

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

test('every setting is explained, and none that is not there', () => {
  const table = read('docs/operating.md').split('## Settings of the workspace')[1] ?? ''
  const named = [...table.matchAll(/^\| (`.*?`) \|/gm)].flatMap(([, cell = '']) => cell.match(/\w+/g) ?? [])
  expect(named.toSorted()).toEqual(Object.keys(DEFAULT_SETTINGS).toSorted())
})

test('the versions of the dependencies are those of package.json, and each is explained', () => {
  const { dependencies } = JSON.parse(read('package.json'))
  const rows = [...read('docs/decisions.md').matchAll(/^\| `(\S+)` \| (\d\S+) \|/gm)].map(([, name, version]) => [name, version])
  expect(Object.fromEntries(rows)).toEqual(dependencies)
})
