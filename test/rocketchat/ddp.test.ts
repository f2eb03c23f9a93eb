import { describe, expect, test } from 'vitest'
import type { People, User } from '../../src/core/accounts.ts'
import type { Principal } from '../../src/core/principal.ts'
import type { Services, Watcher } from '../../src/core/service.ts'
import { AVAILABILITIES, type Presence } from '../../src/core/vocabulary.ts'
import { readMessage } from '../../src/dialects/rocketchat/ddp.ts'
import { createHearts, SILENCE_MS_MAX } from '../../src/dialects/rocketchat/socket-hearts.ts'
import { createInOrder } from '../../src/dialects/rocketchat/socket-order.ts'
import { framed, unframed } from '../../src/dialects/rocketchat/socket-sockjs.ts'
import { createStreams } from '../../src/dialects/rocketchat/streams.ts'
import { CODE_OUT, createStreamFrames } from '../../src/dialects/rocketchat/streams-frames.ts'
import { createNews } from '../../src/dialects/rocketchat/streams-news.ts'
import { createPresetEvents } from '../../src/dialects/rocketchat/streams-presets.ts'
import { createWatchers } from '../../src/engine/watchers.ts'

describe('messages', () => {
  test.each([
    ['{"msg":"connect","version":"1","support":["1"]}', { msg: 'connect', version: '1', session: null }],
    ['{"msg":"connect","version":"1","session":"s"}', { msg: 'connect', version: '1', session: 's' }],
    ['{"msg":"connect"}', { msg: 'connect', version: '', session: null }],
    ['{"msg":"ping"}', { msg: 'ping', id: null }],
    ['{"msg":"ping","id":"7"}', { msg: 'ping', id: '7' }],
    ['{"msg":"pong"}', { msg: 'pong' }],
    ['{"msg":"method","id":"1","method":"m"}', { msg: 'method', id: '1', method: 'm', params: [] }],
    ['{"msg":"sub","id":"1","name":"n","params":["a"]}', { msg: 'sub', id: '1', name: 'n', params: ['a'] }],
    ['{"msg":"unsub","id":"1"}', { msg: 'unsub', id: '1' }],
  ])('[RC-2.2-3] %s is read', (text, message) => {
    expect(readMessage(text)).toEqual(message)
  })

  test.each([
    '{"msg":"method","id":1,"method":"m"}',
    '{"msg":"method","id":"1"}',
    '{"msg":"method","id":"1","method":"m","params":{}}',
    '{"msg":"sub","id":"1","name":{}}',
    '{"msg":"unsub"}',
    '{"msg":"toString"}',
    '{"msg":["connect"]}',
    '{}',
  ])('[RC-2.2-3] %s is no message of the protocol', (text) => {
    expect(readMessage(text)).toMatchObject({ msg: 'unknown' })
  })

  test.each(['', 'hello', '[]', 'null', '1', '"connect"', '{', `${'['.repeat(100_000)}`])(
    '[RC-2.2-3] %.20s is no message at all',
    (text) => {
      expect(readMessage(text)).toBeNull()
    },
  )
})

test('[RC-2.2-13] older clients’ frames hold lists of messages', () => {
  const messages = ['{"msg":"ping"}', 'with "quotes" and ünïcode']
  const frame = framed(messages)
  expect(frame.startsWith('a[')).toBe(true)
  expect(unframed(frame.slice(1))).toEqual(messages)
  expect(unframed('"one"')).toEqual(['one'])
  expect(unframed('')).toEqual([])
  for (const wrong of ['[1]', '{}', '[', 'null', '["a",{}]']) expect(unframed(wrong)).toBeNull()
})

test('[RC-2.2-5] who is silent for 30 s is pinged, and given up after 30 s more', () => {
  let at = 0
  const heard: string[] = []
  const hearts = createHearts({ now: () => at })
  const [quiet, answering] = ['quiet', 'answering'].map((name) =>
    hearts.add({ silent: () => heard.push(`${name} pinged`), dead: () => heard.push(`${name} dead`) }),
  )
  const pass = (ms: number): void => {
    for (const until = at + ms; at < until; hearts.look()) at += 1_000
  }
  pass(SILENCE_MS_MAX - 1_000)
  expect(heard).toEqual([])
  pass(2_000)
  expect(heard).toEqual(['quiet pinged', 'answering pinged'])
  answering?.heard()
  pass(SILENCE_MS_MAX - 1_000)
  expect(heard.slice(2)).toContain('quiet dead')
  expect(heard.slice(2)).not.toContain('answering pinged')
  quiet?.stop()
  pass(2_000)
  expect(heard.filter((line) => line === 'answering pinged')).toHaveLength(2)
  answering?.stop()
})

test('[RC-2.2-9] what follows work that takes time waits for it, in order; too much of it is not taken', async () => {
  const done: string[] = []
  const failures: unknown[] = []
  const failed = (error: unknown): void => void failures.push(error)
  let finish: () => void = () => {}
  const inOrder = createInOrder<string>((name) => {
    if (name !== 'slow') {
      done.push(name)
      return null
    }
    return new Promise<void>((resolve) => {
      finish = resolve
    }).then(() => {
      done.push(name)
      throw new Error('a bug')
    })
  }, failed)
  expect(inOrder.take('first', 1)).toBe(true)
  expect(inOrder.take('slow', 1)).toBe(true)
  expect(inOrder.take('second', 1)).toBe(true)
  expect(inOrder.take('third', 1)).toBe(true)
  expect(done).toEqual(['first'])
  finish()
  await Promise.resolve()
  await new Promise(setImmediate)
  expect(done).toEqual(['first', 'slow', 'second', 'third'])
  expect(failures).toEqual([new Error('a bug')])
  inOrder.take('slow', 1)
  expect(inOrder.take('huge', 2 ** 20 + 1)).toBe(false)
})

test('[RC-2.4-6] a connection watches at most 10,000 users; a list that would make more changes nothing', () => {
  const watchers = createWatchers({ cursor: () => '' })
  const principal = { userId: 'me', reach: null } as unknown as Principal
  const view = { watch: (watcher: Watcher) => watchers.watch(principal, watcher) }
  const people = { find: (_space: string, id: string) => id, idIn: (_space: string, id: string) => id }
  const services = { people, presence: { as: () => ({ view }) } } as unknown as Services
  const outbox = () => ({ told() {}, gone() {}, stop() {}, size: () => 0 })
  const streams = createStreams({
    services,
    presets: createPresetEvents({ onPreset() {} }),
    news: createNews(),
    principal,
    outbox,
    joinRing: () => ({ start() {}, leave() {} }),
    send() {},
    log: { error() {} },
  })
  const edit = (added: readonly string[], removed: readonly string[] = []) =>
    JSON.parse(streams.subscribe(`s${added.length}`, 'stream-user-presence', ['', { added, removed }]))
  const ids = (count: number) => Array.from({ length: count }, (_none, index) => `u${index}`)
  expect(edit(ids(10_001))).toMatchObject({ msg: 'nosub', error: { error: 400 } })
  expect(watchers.figures).toEqual({ watchers: 0, watched: 0 })
  expect(edit(ids(10_000))).toMatchObject({ msg: 'ready' })
  expect(edit(['one more'])).toMatchObject({ msg: 'nosub', error: { error: 400 } })
  expect(watchers.figures).toEqual({ watchers: 1, watched: 10_000 })
  expect(edit(['one more'], ['u0'])).not.toHaveProperty('error')
  streams.stop()
  expect(watchers.figures).toEqual({ watchers: 0, watched: 0 })
})

describe('events', () => {
  const user = { id: 'u1', username: 'ann', name: 'Ann', roles: ['user'], ids: { rocketchat: 'rc1' } } as unknown as User
  const people = { get: (id: string) => (id === 'u1' ? user : null) } as People
  const frames = createStreamFrames({ people, frame: (message) => Buffer.from(message) })
  const read = (frame: Buffer) => JSON.parse(frame.toString())
  const presence: Presence = {
    userId: 'u1',
    availability: 'dnd',
    activity: null,
    note: { text: 'quiet', emoji: 'books', until: 99 },
    since: 1,
    until: null,
    source: 'manual',
    noteSource: 'manual',
    manual: true,
    lastActiveAt: 1,
    nextChangeAt: 99,
    connected: 'online',
    standing: null,
    changedAt: 1,
  }

  test('[RC-2.4-2] offline is 0, online 1, away 2, busy and dnd 3', () => {
    expect(AVAILABILITIES.map((availability) => CODE_OUT[availability])).toEqual([1, 2, 3, 3, 0])
  })

  test('[RC-2.4-1] [RC-2.4-10] the event for everybody', () => {
    expect(read(frames.logged(presence))).toEqual({
      msg: 'changed',
      collection: 'stream-notify-logged',
      id: 'id',
      fields: {
        eventName: 'user-status',
        args: [['rc1', 'ann', 3, ':books: quiet', 'Ann', ['user'], 'manual', { $date: 99 }]],
      },
    })
  })

  test('[RC-2.4-4] [RC-2.4-10] the event for those who watch', () => {
    expect(read(frames.watched(presence))).toEqual({
      msg: 'changed',
      collection: 'stream-user-presence',
      id: 'rc1',
      fields: { uid: 'rc1', eventName: 'rc1', args: [['ann', 3, ':books: quiet', 'manual', { $date: 99 }]] },
    })
    const plain: Presence = { ...presence, availability: 'online', note: null, source: 'session', noteSource: null }
    expect(read(frames.watched(plain)).fields.args).toEqual([['ann', 1, '']])
  })

  test('[RC-2.4-7] the event for oneself', () => {
    const eventName = 'rc1/userData'
    expect(read(frames.own(presence)).fields).toEqual({
      eventName,
      args: [{ type: 'updated', id: 'rc1', diff: { status: 'busy', statusText: ':books: quiet' }, unset: {} }],
    })
    expect(read(frames.own({ ...presence, note: null })).fields).toEqual({
      eventName,
      args: [{ type: 'updated', id: 'rc1', diff: { status: 'busy' }, unset: { statusText: 1 } }],
    })
  })

  test('[RC-2.4-12] each is written once for everybody who is told', () => {
    expect(frames.watched(presence)).toBe(frames.watched(presence))
    expect(frames.watched({ ...presence })).not.toBe(frames.watched(presence))
    expect(frames.watched({ ...presence, userId: 'gone' })).toHaveLength(0)
  })

  test('[RC-2.4-17] what says nothing new is no news, unless somebody began to watch meanwhile', () => {
    const news = createNews()
    const again = (change: Partial<Presence> = {}): Presence => ({ ...presence, ...change })
    expect(news.isNew(presence, false)).toBe(true)
    expect(news.isNew(presence, false)).toBe(true)
    expect(news.isNew(again({ lastActiveAt: 2, changedAt: 2, connected: 'away' }), false)).toBe(false)
    expect(news.isNew(again({ availability: 'busy' }), false)).toBe(false)
    expect(news.isNew(again({ availability: 'away' }), false)).toBe(true)
    expect(news.isNew(again(), false)).toBe(true)
    expect(news.isNew(again(), true)).toBe(true)
    news.forget(['u1'])
    expect(news.isNew(again(), false)).toBe(true)
    expect(news.isNew(again({ note: null }), false)).toBe(true)
    expect(news.isNew(again({ note: null }), false)).toBe(false)
    news.forgetAll()
    expect(news.isNew(again({ note: null }), false)).toBe(true)
  })
})
