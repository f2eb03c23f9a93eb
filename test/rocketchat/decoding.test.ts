import Fastify from 'fastify'
import { parse } from 'qs'
import { expect, test } from 'vitest'
import { bodyOf, queryOf } from '../../src/dialects/rocketchat/decoding.ts'

/** As the server reads it first. */
const fastify = Fastify()
fastify.get('/x', (request) => ({ read: queryOf(request.url, request.query) }))
const queryIn = async (query: string) => (await fastify.inject(`/x?${query}`)).json()

test.each([
  'ids=a',
  'ids=a,b',
  'ids=a&ids=b&from=c',
  'ids[]=a',
  'ids[]=a&ids[]=b',
  'ids%5B%5D=a&ids%5B%5D=b',
  'ids[0]=a&ids[1]=b',
  'ids=a&ids[]=b',
  'ids[a]=b&ids[c][d]=e',
  'from=2019-05-22T12%3A11%3A45.392%2B02%3A00&ids=',
  'name=a+b%20c',
  'a=%zz&b=%',
  '_id=5',
  'flag&other=',
  'constructor=1&toString[]=2&a=3',
  '__proto__=1&__proto__[x]=2',
  '&&=&=x',
])('[RC-1.0-8] %s is read as the product reads it', async (query) => {
  expect((await queryIn(query)).read).toEqual(parse(query, { arrayLimit: 500, throwOnLimitExceeded: true }))
})

test('[RC-1.0-9] 500 values of a name are read, 501 refused', async () => {
  for (const name of ['ids', 'ids[]']) {
    const values = (count: number) => Array.from({ length: count }, (_, at) => `${name}=${at}`).join('&')
    expect((await queryIn(values(500))).read.ids).toHaveLength(500)
    expect((await queryIn(values(501))).message).toBe('Invalid query parameters')
  }
})

test('[RC-1.0-12] a body without a type that is known says nothing', () => {
  const bytes = Buffer.from('{"a":1}')
  expect(bodyOf('application/json;charset=utf-8', bytes)).toEqual({ a: 1 })
  expect(bodyOf('application/x-www-form-urlencoded', Buffer.from('a=1&b=%C3%A9'))).toEqual({ a: '1', b: 'é' })
  expect(bodyOf('text/plain', bytes)).toEqual({})
  expect(bodyOf(undefined, bytes)).toEqual({})
})
