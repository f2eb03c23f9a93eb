import { expect, test } from 'vitest'
import { decodeArray, decodeMap, decodeStrings, decodeStruct, encode } from '../../src/dialects/mattermost/go-json.ts'

const FIELDS = { name: 'string', count: 'integer', sure: 'boolean', at: 'time' } as const
const decode = (body: string) => decodeStruct(body, FIELDS)

test.each([
  ['{"name":"a"} xyz', 'a'],
  ['{"name":"a"}{"name":"b"}', 'a'],
  ['  \n{"name":"a"}]', 'a'],
  ['{"name":"}\\"{[", "x": {"name": "b"}}', '}"{['],
])('[MM-1.8-1] of %s the first value counts', (body, name) => {
  expect(decode(body)?.name).toBe(name)
})

test.each([
  ['{"NAME":"a"}', 'a'],
  ['{"name":"a","Name":"b","name":"c"}', 'c'],
  ['{"name":"a","NAME":"b"}', 'b'],
  ['{"n\\u0061me":"a"}', 'a'],
  ['{"other":[1,{"name":"b"}],"name":"a","more":null}', 'a'],
  ['{"__proto__":{"name":"b"},"constructor":1}', ''],
])('[MM-1.8-2] keys of %s in any case, the last one, unknown ones ignored', (body, name) => {
  expect(decode(body)?.name).toBe(name)
})

test.each([
  ['{"name":null}', ''],
  ['{"name":"a","name":null}', 'a'],
  ['null', ''],
  ['{}', ''],
])('[MM-1.8-3] null in %s leaves the field', (body, name) => {
  expect(decode(body)).toMatchObject({ name, count: 0n, sure: false })
})

test('[MM-1.8-4] half a surrogate pair is U+FFFD', () => {
  expect(decode('{"name":"a\\ud800b"}')?.name).toBe('a\ufffdb')
  expect(decode('{"name":"\\ud83d\\ude00"}')?.name).toBe('😀')
})

test.each(['0', '5', '-5', '9223372036854775807', '-9223372036854775808'])('[MM-1.8-6] %s is an integer', (literal) => {
  expect(decode(`{"count":${literal}}`)?.count).toBe(BigInt(literal))
})

test.each(['1.5', '1e3', '1.0', '"5"', 'true', '[]', '{}', '9223372036854775808', '-9223372036854775809', '05'])(
  '[MM-1.8-6] %s is no integer',
  (literal) => {
    expect(decode(`{"count":${literal}}`)).toBeNull()
  },
)

test.each([
  '',
  ' ',
  '"x"',
  '[]',
  '5',
  'true',
  '{',
  '{"name"}',
  '{"name":1}',
  '{"sure":"true"}',
  "{'name':'a'}",
  '{"name":"a",}',
  '\ufeff{}',
])('[MM-1.8-1] %s is not decodable', (body) => {
  expect(decode(body)).toBeNull()
})

test('deep nesting is read or refused, never a crash', () => {
  const deep = (depth: number) => `{"x":${'['.repeat(depth)}${']'.repeat(depth)},"name":"a"}`
  expect(decode(deep(1000))?.name).toBe('a')
  expect([null, 'a']).toContain(decode(deep(140_000))?.name ?? null)
  expect(decode('['.repeat(300_000))).toBeNull()
})

test('lists of strings, maps of strings and arrays', () => {
  expect(decodeStrings('["a",null] x')).toEqual(['a', ''])
  expect(decodeStrings('null')).toEqual([])
  for (const body of ['', '{}', '"a"', '["a",1]', '[["a"]]', '[', 'x']) expect(decodeStrings(body), body).toBeNull()
  expect([...decodeMap('{"a":"b","c":1,"d":null} x')]).toEqual([['a', 'b']])
  expect([...decodeMap('[1]')]).toEqual([])
  expect([...decodeMap('')]).toEqual([])
  expect(decodeArray('[{"a":1},2]')).toEqual(['{"a":1}', '2'])
  expect(decodeArray(' [ {"a":"]"} ,\n[[]], "x" , null ] more')).toEqual(['{"a":"]"}', '[[]]', '"x"', 'null'])
  expect(decodeArray('[]')).toEqual([])
  expect(decodeArray('null')).toEqual([])
  expect(decodeArray('[1,')).toBeNull()
  expect(decodeArray('{}')).toBeNull()
})

test('[MM-1.7-5] what could be taken for HTML or a line end is escaped', () => {
  expect(encode({ a: '<b>&\u2028\u2029"' })).toBe('{"a":"\\u003cb\\u003e\\u0026\\u2028\\u2029\\""}')
})
