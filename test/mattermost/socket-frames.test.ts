import { encode as msgpack } from '@msgpack/msgpack'
import { describe, expect, test } from 'vitest'
import { statusHead } from '../../src/dialects/mattermost/socket-events.ts'
import { errorFrame, helloHead, numbered, replyFrame } from '../../src/dialects/mattermost/socket-frames.ts'
import { readBinary, readText, type SocketRequest } from '../../src/dialects/mattermost/socket-requests.ts'
import { createSent, SENT_MAX } from '../../src/dialects/mattermost/socket-sent.ts'
import { frameText, payloadOf } from '../../src/realtime/wire.ts'

const ID = 'abcdefghijklmnopqrstuvwxyz'
const OTHER = 'zyxwvutsrqponmlkjihgfedcba'
const textOf = (frame: Buffer): string => payloadOf(frame).toString()
const TO_ID = `{"omit_users":null,"user_id":"${ID}","channel_id":"","team_id":"","connection_id":"","omit_connection_id":""}`

describe('frames', () => {
  test('[MM-3.2-1] an event has spaces between its parts, no newline, and the number of its connection', () => {
    expect(textOf(numbered(statusHead(ID, 'away'), 4))).toBe(
      `{"event": "status_change", "data": {"status":"away","user_id":"${ID}"}, "broadcast": ${TO_ID}, "seq": 4}`,
    )
  })

  test('[MM-3.2-2] hello has no spaces', () => {
    expect(textOf(numbered(helloHead({ connectionId: OTHER, id: ID, versionId: '1.2.3.1.2.3.abc.false' }), 0))).toBe(
      `{"event":"hello","data":{"connection_id":"${OTHER}","server_hostname":"rollcall","server_version":"1.2.3.1.2.3.abc.false"},"broadcast":${TO_ID},"seq":0}`,
    )
  })

  test('[MM-3.2-3] a reply ends with a newline and has no data when there is none', () => {
    expect(replyFrame(2, '{"a":1}')).toBe('{"status":"OK","seq_reply":2,"data":{"a":1}}\n')
    expect(replyFrame(2)).toBe('{"status":"OK","seq_reply":2}\n')
  })

  test('[MM-3.2-3] an error says to which request, where that had a number', () => {
    const error = { id: 'an.id', status: 400, message: 'Words.' }
    const told = '"error":{"id":"an.id","message":"Words.","detailed_error":"","status_code":400}}\n'
    expect(errorFrame(3, error)).toBe(`{"status":"FAIL","seq_reply":3,${told}`)
    expect(errorFrame(0, error)).toBe(`{"status":"FAIL",${told}`)
  })
})

describe('requests', () => {
  const asked = (action: string, seq: number, content: object = {}): SocketRequest => ({
    action,
    seq,
    content: content as SocketRequest['content'],
  })

  test.each<[string, SocketRequest | null]>([
    ['{"action":"ping","seq":1}', asked('ping', 1)],
    ['{"action":"ping","seq":1,"data":null,"else":[1]}', asked('ping', 1)],
    ['{"ACTION":"ping","Seq":2,"Data":{"a":[1]}}', asked('ping', 2, { a: [1] })],
    ['{"action":"a","action":"b","seq":1} and what follows', asked('b', 1)],
    ['{}', asked('', 0)],
    ['null', asked('', 0)],
    ['{"action":null,"seq":null}', asked('', 0)],
    ['{"action":"ping","seq":-7}', asked('ping', -7)],
    ['{"action":1,"seq":1}', null],
    ['{"action":"ping","seq":"1"}', null],
    ['{"action":"ping","seq":1.5}', null],
    ['{"action":"ping","seq":1,"data":[]}', null],
    ['{"action":"ping","seq":1,"data":"x"}', null],
    ['[]', null],
    ['"ping"', null],
    ['{"action":"ping"', null],
    ['', null],
    ['['.repeat(8_000), null],
  ])('[MM-3.2-21] text is JSON, read as Go does: %s', (text, expected) => {
    expect(readText(text)).toEqual(expected)
  })

  test('[MM-3.2-22] binary is msgpack', () => {
    expect(readBinary(msgpack({ action: 'ping', seq: 1, data: null }))).toEqual(asked('ping', 1))
    expect(readBinary(msgpack({ action: 'x', seq: 2, data: { user_ids: ['a'] } }))).toEqual(asked('x', 2, { user_ids: ['a'] }))
  })

  test.each([
    ['nothing', []],
    ['half a map', [0x81, 0xa6]],
    ['what is no map', [0x93, 1, 2, 3]],
    ['a type that does not exist', [0xc1]],
    ['an array that says it has four thousand million elements', [0xdd, 0xff, 0xff, 0xff, 0xff]],
    ['a map that says so', [0xdf, 0xff, 0xff, 0xff, 0xff]],
    ['a text that says so', [0xdb, 0xff, 0xff, 0xff, 0xff]],
    ['more after the end', [0x80, 0x80]],
    ['arrays in arrays', Array.from({ length: 8_000 }, () => 0x91)],
  ])('[MM-3.2-22] binary that is not decodable: %s', (_name, bytes) => {
    expect(readBinary(Uint8Array.from(bytes))).toBeNull()
  })
})

describe('what was sent', () => {
  const head = (text: string): Buffer => Buffer.from(text)

  test('[MM-3.2-1] events are numbered from 0 without a gap', () => {
    const sent = createSent(0)
    expect(['a', 'b', 'c'].map((text) => textOf(sent.next(head(text))))).toEqual(['a0}', 'b1}', 'c2}'])
  })

  test('[MM-3.2-26] it is told again from any number that is still there, and from the next one', () => {
    const sent = createSent(0)
    for (const text of 'abcd') sent.next(head(text))
    expect(sent.from(0)?.map(textOf)).toEqual(['a0}', 'b1}', 'c2}', 'd3}'])
    expect(sent.from(3)?.map(textOf)).toEqual(['d3}'])
    expect(sent.from(4)).toEqual([])
    expect(sent.from(5)).toBeNull()
    expect(sent.from(-1)).toBeNull()
  })

  test('[MM-3.2-27] 128 of them are kept', () => {
    const sent = createSent(0)
    for (let at = 0; at < SENT_MAX + 10; at++) sent.next(head(`${at}:`))
    expect(sent.from(9)).toBeNull()
    const frames = sent.from(10)?.map(textOf)
    expect(frames).toHaveLength(128)
    expect(frames?.[0]).toBe('10:10}')
    expect(frames?.at(-1)).toBe('137:137}')
  })

  test.each([1, 120, 123, 124, 200, 65_000, 65_533, 65_534, 70_000])(
    'an event of %s bytes and its number are framed as the library frames them',
    (length) => {
      const text = 'ä'.repeat(length >> 1) + 'x'.repeat(length & 1)
      expect(numbered(head(text), 7)).toEqual(frameText(`${text}7}`))
    },
  )
})
