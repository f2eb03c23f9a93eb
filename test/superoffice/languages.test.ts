import { expect, test } from 'vitest'
import { languagesOf, translated } from '../../src/dialects/superoffice/languages.ts'

const TEXT = 'NO:"Leverandør";US:"Supplier"'

test.each([
  ['en', 'Supplier'],
  ['en-GB', 'Supplier'],
  ['EN-us', 'Supplier'],
  ['nb', 'Leverandør'],
  ['nb-no', 'Leverandør'],
  ['nn', 'Leverandør'],
  ['no', 'Leverandør'],
  ['NO', 'Leverandør'],
  ['US', 'Supplier'],
])('[SO-2.3-1] Accept-Language %s reads %s', (language, expected) => {
  expect(translated(TEXT, languagesOf({ 'accept-language': language }))).toBe(expected)
})

test.each([
  ['sv', 'SW'],
  ['sv', 'SV'],
  ['da', 'DA'],
  ['de', 'GE'],
  ['de', 'DE'],
  ['fr-CA', 'FR'],
  ['nl', 'NL'],
  ['es', 'SP'],
  ['fi', 'FI'],
  ['hu', 'HU'],
])('[SO-2.3-1] %s is found under %s', (language, code) => {
  expect(translated(`US:"no";${code}:"yes"`, languagesOf({ 'accept-language': language }))).toBe('yes')
})

test('[SO-2.3-2] SO-Language beats Accept-Language', () => {
  expect(translated(TEXT, languagesOf({ 'so-language': 'nb-no', 'accept-language': 'en' }))).toBe('Leverandør')
  expect(translated(TEXT, languagesOf({ 'so-language': '*', 'accept-language': 'en' }))).toBe(TEXT)
  expect(translated(TEXT, languagesOf({ 'so-language': '', 'accept-language': 'en' }))).toBe('Supplier')
})

test.each(['*', 'x', 'X', '', ' ', '*, en'])('[SO-2.3-3] the language %j leaves the text as it is', (language) => {
  expect(translated(TEXT, languagesOf({ 'accept-language': language }))).toBe(TEXT)
  expect(translated(TEXT, languagesOf({ 'so-language': language }))).toBe(TEXT)
  expect(translated(TEXT, languagesOf({}))).toBe(TEXT)
})

test.each(['', 'Lunch', 'He said:"no"', 'NO:"a', 'NO:"a";', 'NO:"a"x', '[SR_MANDATORY_FIELD_1281]', 'NOR:"a"'])(
  '[SO-2.3-3] %j is told as it is, or has one text only',
  (text) => {
    expect(translated(text, ['en'])).toBe(text === 'NO:"a";' ? 'a' : text)
  },
)

test('[SO-2.3-4] weights and odd separators are understood', () => {
  expect(translated(TEXT, languagesOf({ 'accept-language': 'en;q=0.5, nb;q=0.9' }))).toBe('Leverandør')
  expect(translated(TEXT, languagesOf({ 'accept-language': 'en;q=0, nb;q=0.1' }))).toBe('Leverandør')
  expect(translated(TEXT, languagesOf({ 'accept-language': 'en-us; en-gb' }))).toBe('Supplier')
  expect(translated(TEXT, languagesOf({ 'accept-language': 'fr,de,nb' }))).toBe('Leverandør')
})

test('[SO-2.3-4] a missing language falls to US, else to the first text', () => {
  expect(translated(TEXT, ['fr'])).toBe('Supplier')
  expect(translated('NO:"Leverandør";GE:"Lieferant"', ['fr'])).toBe('Leverandør')
  expect(translated('NO:"";US:"Supplier"', ['nb'])).toBe('')
})

test('[SO-2.3-4] names of what objects have are no languages', () => {
  expect(translated(TEXT, languagesOf({ 'accept-language': 'constructor, __proto__' }))).toBe('Supplier')
})

test('[SO-2.3-3] a long text that is almost multi-language is judged in no time', () => {
  const text = `${'NO:"aaaa";'.repeat(20_000)}!`
  const startedAt = performance.now()
  expect(translated(text, ['en'])).toBe(text)
  expect(performance.now() - startedAt).toBeLessThan(200)
})
