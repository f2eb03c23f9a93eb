import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from '../sources.ts'
import { coveragePage, fieldsOf, type Operation, readOperations, seedTitles } from './coverage.ts'

const operations = readOperations()
const titles = seedTitles()

test('there are descriptions, and tests named after their fields', () => {
  expect(operations).toHaveLength(11)
  expect(titles.length).toBeGreaterThan(operations.length)
})

test('every field of every description has a test', () => {
  const missing = operations.flatMap((operation) =>
    fieldsOf(operation, titles)
      .filter(({ tests }) => tests.length === 0)
      .map(({ kind, field }) => `seed ${operation.seed} · ${operation.name ?? operation.operation} · ${kind} ${field}`),
  )
  expect(missing).toEqual([])
})

test('every test that is named after a field names one that exists', () => {
  const known = new Set(operations.flatMap((operation) => fieldsOf(operation, titles).flatMap(({ tests }) => tests)))
  expect(titles.filter((title) => !known.has(title))).toEqual([])
})

test('docs/coverage.md is what `npm run coverage` writes now', () => {
  expect(readFileSync(join(ROOT, 'docs/coverage.md'), 'utf8')).toBe(coveragePage(operations, titles))
})

test('a title names its operation where there are several, and its part where two fields share a name', () => {
  const plain = {
    product: 'P',
    operation: 'GET /x',
    parameters: [],
    headers: ['Accept'],
    body: ['status'],
    response: ['status'],
    answers: ['200'],
  }
  const one: Operation = { ...plain, seed: '900', name: null }
  const two: Operation = { ...plain, seed: '901', name: 'GetX' }
  const said = [
    'seed 900 · status',
    'seed 900 · body status · empty',
    'seed 901 · GetX · 200',
    'seed 901 · 200',
    'seed 901 · GET x · status',
    'seed 901 · GetY · Accept',
  ]
  expect(fieldsOf(one, said).map(({ tests }) => tests.length)).toEqual([0, 2, 1, 0])
  expect(fieldsOf(two, said).map(({ tests }) => tests.length)).toEqual([0, 1, 1, 1])
  expect(coveragePage([two], said)).toContain('| answers | `200` | as such |')
})
