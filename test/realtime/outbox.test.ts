import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Watcher } from '../../src/core/service.ts'
import type { Presence } from '../../src/core/vocabulary.ts'
import { createFanout } from '../../src/realtime/fanout.ts'
import { GATHERED_MS_MAX, OUTBOX_USERS_MAX, SLICE_MS, WAITING_BYTES } from '../../src/realtime/limits.ts'
import { pour } from '../../src/realtime/pour.ts'
import { createRing } from '../../src/realtime/ring.ts'
import { createShared } from '../../src/realtime/shared.ts'
import { createReader, presenceOf } from './readers.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate'] }))
afterEach(() => void vi.useRealTimers())

const frameOf = ({ userId, availability }: Presence): Buffer => Buffer.from(`${userId} ${availability}`)
const failed = (error: unknown): never => {
  throw error
}
const BIG = 'x'.repeat(WAITING_BYTES + 1)

function outboxOf(reader: ReturnType<typeof createReader>, fanout = createFanout({ failed })) {
  const outbox = fanout.outbox({
    connection: reader.connection,
    encode: (presences, gone, last) => [
      ...presences.map(frameOf),
      ...gone.map((userId) => Buffer.from(`${userId} gone`)),
      ...(last ? [Buffer.from('cursor')] : []),
    ],
  })
  return { outbox, fanout }
}

test('[W2] of each user only the latest waits, and goes out with all others in one write after the window', async () => {
  const reader = createReader()
  const { outbox } = outboxOf(reader)
  outbox.told(presenceOf('anna', 'busy'))
  outbox.told(presenceOf('bob', 'busy'))
  outbox.told(presenceOf('anna', 'away'))
  outbox.gone('eve')
  await vi.advanceTimersByTimeAsync(24)
  expect(reader.written).toEqual([])
  await vi.advanceTimersByTimeAsync(1)
  expect([reader.written, reader.writes]).toEqual([['anna away', 'bob busy', 'eve gone', 'cursor'], 1])
  await vi.advanceTimersByTimeAsync(1_000)
  expect([reader.writes, vi.getTimerCount()]).toEqual([1, 0])
})

test('[W2] a reader that does not take what it was sent gets nothing more until it does; then the latest of each', async () => {
  const reader = createReader()
  const { outbox } = outboxOf(reader)
  reader.stall()
  reader.connection.send(BIG)
  for (let i = 0; i < 1_000; i++) {
    outbox.told(presenceOf(`user${i % 10}`, i < 990 ? 'busy' : 'away'))
    await vi.advanceTimersByTimeAsync(25)
  }
  expect([reader.writes, outbox.size()]).toEqual([1, 10])
  reader.drain()
  expect(reader.written.slice(1)).toEqual([...Array.from({ length: 10 }, (_, i) => `user${i} away`), 'cursor'])
})

test('[W2] an outbox holds 10,000 users; with one more its reader is cut, and nothing waits for it any more', async () => {
  const reader = createReader()
  const { outbox } = outboxOf(reader)
  reader.stall()
  reader.connection.send(BIG)
  for (let i = 0; i < OUTBOX_USERS_MAX; i++) outbox.told(presenceOf(`user${i}`))
  expect([outbox.size(), reader.closed]).toEqual([10_000, null])
  outbox.told(presenceOf('one more'))
  expect([outbox.size(), reader.closed]).toEqual([0, 1013])
})

test('[W2] while many more are about to be told, what waits is gathered for longer, and goes out when there are no more, or after 150 ms', async () => {
  let more = true
  const fanout = createFanout({ tellsMore: () => more, failed })
  const reader = createReader()
  const { outbox } = outboxOf(reader, fanout)
  outbox.told(presenceOf('anna'))
  await vi.advanceTimersByTimeAsync(GATHERED_MS_MAX - 1)
  expect(reader.written).toEqual([])
  outbox.told(presenceOf('bob'))
  await vi.advanceTimersByTimeAsync(1)
  expect(reader.written).toEqual(['anna busy', 'bob busy', 'cursor'])
  outbox.told(presenceOf('carl'))
  await vi.advanceTimersByTimeAsync(25)
  more = false
  await vi.advanceTimersByTimeAsync(25)
  expect(reader.written.slice(3)).toEqual(['carl busy', 'cursor'])
})

test('[W4] readers of everyone are told meanwhile what many more are about to follow', async () => {
  const { ring, tell } = ringOf(undefined, createFanout({ tellsMore: () => true, failed }))
  const reader = createReader()
  ring.join(reader.connection, { self: 'eve' }).start()
  tell(presenceOf('anna'))
  await vi.advanceTimersByTimeAsync(25)
  expect(reader.written[0]).toContain('anna busy')
})

test('[W3] a round of sending stops after its slice and goes on later: one reader with much to read holds up nobody', async () => {
  const fanout = createFanout({ failed })
  const [much, little] = [createReader(), createReader()]
  const { outbox } = outboxOf(much, fanout)
  for (let i = 0; i < 5_000; i++) outbox.told(presenceOf(`user${i}`))
  outboxOf(little, fanout).outbox.told(presenceOf('anna'))
  const heldUp: number[] = []
  const { write } = little.connection
  Object.assign(little.connection, {
    write(frames: readonly Buffer[]) {
      heldUp.push(much.written.length)
      write(frames)
    },
  })
  await vi.advanceTimersByTimeAsync(25)
  expect(little.written).toEqual(['anna busy', 'cursor'])
  expect(heldUp).toEqual([500])
  await vi.advanceTimersByTimeAsync(25)
  expect(much.written).toHaveLength(5_001)
  expect(much.written.at(-1)).toBe('cursor')
})

test('[W4] what all are told is encoded once', () => {
  let encoded = 0
  const frames = createShared((presence) => {
    encoded++
    return frameOf(presence)
  })
  const presence = presenceOf('anna')
  for (let i = 0; i < 100; i++) expect(frames(presence)).toBe(frames(presence))
  expect(encoded).toBe(1)
})

function ringOf(bytesMax?: number, fanout = createFanout({ failed })) {
  let watcher: Watcher | null = null
  const state = { stopped: 0, encoded: 0 }
  const ring = createRing({
    fanout,
    watch(given) {
      watcher = given
      return {
        add: () => {},
        remove: () => {},
        everyone: () => {},
        cursor: () => 'cursor',
        stop: () => void state.stopped++,
      }
    },
    presence(presence) {
      state.encoded++
      return Buffer.from(`${presence.userId} ${presence.availability};`)
    },
    removed: (userId) => Buffer.from(`${userId} gone;`),
    cursor: (cursor) => Buffer.from(`${cursor};`),
    ...(bytesMax !== undefined && { bytesMax }),
  })
  const tell = (presence: Presence): void => watcher?.told(presence)
  return { ring, tell, state }
}

test('[W4] readers of everyone share one encoding, and have only a place in it', async () => {
  const { ring, tell, state } = ringOf()
  const readers = [createReader(), createReader(), createReader()]
  const places = readers.map(({ connection }) => ring.join(connection, { self: 'nobody' }))
  for (const place of places) place.start()
  tell(presenceOf('anna', 'busy'))
  tell(presenceOf('anna', 'away'))
  tell(presenceOf('bob'))
  await vi.advanceTimersByTimeAsync(100)
  for (const reader of readers) expect(reader.written).toEqual(['anna away;bob busy;cursor;'])
  expect(state.encoded).toBe(2)
  for (const place of places) place.leave()
  expect([state.stopped, ring.figures]).toEqual([1, { readers: 0, bytes: 0 }])
})

test('[W4] what strangers are told of a user is left out for that user alone', async () => {
  const { ring, tell } = ringOf()
  const users = ['anna', 'bob', 'carl', 'dora']
  const readers = users.map((self) => ({ ...createReader(), self }))
  const reached: string[] = []
  for (const { connection, self } of readers) ring.join(connection, { self, reached: (text) => reached.push(text) }).start()
  for (const user of users.slice(0, 3)) tell(presenceOf(user))
  await vi.advanceTimersByTimeAsync(100)
  expect(readers.map(({ written }) => written.join(''))).toEqual([
    'bob busy;carl busy;cursor;',
    'anna busy;carl busy;cursor;',
    'anna busy;bob busy;cursor;',
    'anna busy;bob busy;carl busy;cursor;',
  ])
  expect(reached).toEqual(['cursor', 'cursor', 'cursor', 'cursor'])
})

test('[W3] who has not been sent a change yet gets the next one with it: nobody waits until all others had the first', async () => {
  vi.useRealTimers()
  const { ring, tell } = ringOf(undefined, createFanout({ coalesceMs: 1, failed }))
  const readers = Array.from({ length: 10 }, createReader)
  for (const { connection } of readers) {
    const write = (frames: readonly Buffer[]): void => {
      if (readers.every(({ writes }) => writes === 0)) tell(presenceOf('bob'))
      spin(SLICE_MS + 1)
      connection.write(frames)
    }
    ring.join({ ...connection, write }, { self: 'nobody' }).start()
  }
  tell(presenceOf('anna'))
  await vi.waitFor(() => expect(readers.every(({ written }) => written.join('').endsWith('bob busy;cursor;'))).toBe(true))
  expect([readers[0]?.writes, readers.at(-1)?.writes]).toEqual([2, 1])
  expect(readers.at(-1)?.written).toEqual(['anna busy;cursor;bob busy;cursor;'])
})

function spin(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}

test('[W4] a reader of everyone that lags behind reads on from its place, in order; one further behind than the ring is cut', async () => {
  const { ring, tell } = ringOf(20_000)
  const [quick, slow, stopped] = [createReader(), createReader(), createReader()]
  for (const { connection } of [quick, slow, stopped]) ring.join(connection, { self: 'nobody' }).start()
  for (const reader of [slow, stopped]) {
    reader.stall()
    reader.connection.send(BIG)
  }
  const chunk = async (from: number): Promise<void> => {
    for (let i = from; i < from + 100; i++) tell(presenceOf(`user${i}`))
    await vi.advanceTimersByTimeAsync(100)
  }
  for (let from = 0; from < 1_000; from += 100) await chunk(from)
  slow.drain()
  expect(slow.written.slice(1).join('')).toBe(quick.written.join(''))
  for (let from = 1_000; from < 3_000; from += 100) await chunk(from)
  expect(ring.figures.bytes).toBeLessThan(21_000)
  stopped.drain()
  expect([quick.closed, slow.closed, stopped.closed]).toEqual([null, null, 1013])
})

test('[W3] a snapshot is written as fast as its reader takes it, and not at all when it is gone', async () => {
  const reader = createReader()
  reader.stall()
  let made = 0
  function* frames(): Generator<Buffer, void> {
    for (; made < 1_000; made++) yield Buffer.alloc(1_024)
  }
  let done = 0
  pour(reader.connection, frames(), () => void done++)
  expect([made < 150, done]).toEqual([true, 0])
  reader.drain()
  await vi.advanceTimersByTimeAsync(100)
  expect([reader.written.length, done]).toEqual([1_000, 1])
  made = 0
  const gone = createReader()
  gone.connection.close(1000)
  pour(gone.connection, frames(), () => void done++)
  expect([made, done]).toEqual([0, 1])
})

test('[W2] a bug in what one connection is to be sent is told, and the others of its round are sent theirs', async () => {
  const bugs: unknown[] = []
  const fanout = createFanout({ failed: (error) => void bugs.push(error) })
  const reader = createReader()
  fanout.soon(() => {
    throw new Error('a bug')
  })
  outboxOf(reader, fanout).outbox.told(presenceOf('anna', 'busy'))
  await vi.advanceTimersByTimeAsync(100)
  expect([bugs.length, reader.written]).toEqual([1, ['anna busy', 'cursor']])
})
