import { XMLParser } from 'fast-xml-parser'
import { expect, test } from 'vitest'
import { Failure } from '../../src/core/errors.ts'
import { readXml, writeXml } from '../../src/dialects/superoffice/xml.ts'

test('[SO-2.2-2] a status is its class around its properties', () => {
  expect(writeXml('UserPresenceStatus', { Status: 'StatusNotAvailable', Message: 'On holiday' })).toBe(
    '<UserPresenceStatus><Status>StatusNotAvailable</Status><Message>On holiday</Message></UserPresenceStatus>',
  )
  expect(writeXml('UserPresenceStatus', { Status: 'StatusNormal', Message: '' })).toContain('<Message></Message>')
  expect(writeXml('UserPresenceStatus', { Status: null, Message: 'x' })).toContain('<Status></Status>')
})

test.each(['a & b < c > d "e" \'f\'', ' spaces ', 'ø 🌴', '&lt;&#65;', 'a\nb', 'a\r\nb', 'x]]>y'])(
  '[SO-2.2-2] [SO-2.2-3] %j comes back as it was sent',
  (Message) => {
    expect(readXml(writeXml('UserPresenceStatus', { Status: 'StatusNormal', Message }))).toEqual({
      Status: 'StatusNormal',
      Message,
    })
  },
)

test('[SO-2.2-2] what XML cannot hold is replaced, so that the answer stays readable', () => {
  const xml = writeXml('X', { Message: 'a\u0000b\u001fc\ud800d' })
  expect(xml).toBe('<X><Message>a\ufffdb\ufffdc\ufffdd</Message></X>')
  expect(new XMLParser().parse(xml)).toEqual({ X: { Message: 'a\ufffdb\ufffdc\ufffdd' } })
})

test('[SO-2.2-2] null as a whole can be told from an empty one', () => {
  expect(readXml(writeXml('anyType', null))).toBe(null)
})

test('[SO-2.2-3] prefixes, declarations, comments and nil are understood', () => {
  const xml = `<?xml version="1.0" encoding="utf-8"?><!-- c --><so:R xmlns:so="urn:x" xmlns:i="http://www.w3.org/2001/XMLSchema-instance">
    <so:AssociateId>5</so:AssociateId><so:UserPresenceStatus><Status>StatusNormal</Status><Message i:nil="true"/></so:UserPresenceStatus></so:R>`
  expect(readXml(xml)).toEqual({ AssociateId: '5', UserPresenceStatus: { Status: 'StatusNormal', Message: null } })
  expect(readXml('<R><Message><![CDATA[<b>]]>&#65;&#x42;</Message></R>')).toEqual({ Message: '<b>AB' })
})

test.each([
  ['<!DOCTYPE a [<!ENTITY b "ha">]><a>&b;</a>'],
  ['<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'],
  ['<!doctype a><a/>'],
  ['<a><b></a>'],
  ['junk'],
  ['<a'],
  ['<a>'.repeat(5000) + '</a>'.repeat(5000)],
])('[SO-2.2-4] [SO-1.4-3] %s is refused', (xml) => {
  expect(() => readXml(xml)).toThrow(Failure)
})

test('[SO-2.2-4] unknown entities stay what they are', () => {
  expect(readXml('<a><Message>&lol;</Message></a>')).toEqual({ Message: '&lol;' })
})
