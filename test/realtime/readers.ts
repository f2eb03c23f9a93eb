import type { Presence, UserId } from '../../src/core/vocabulary.ts'
import type { Connection } from '../../src/realtime/connection.ts'

/** A connection whose reader takes what it is sent only when the test says so. */
export function createReader() {
  const written: string[] = []
  const waiting: Buffer[] = []
  const listeners: (() => void)[] = []
  let closed: number | null = null
  let reading = true
  let writes = 0
  const take = (): void => void written.push(...waiting.splice(0).map(String))
  const connection: Connection = {
    id: 'connection',
    address: '127.0.0.1',
    frame: (text) => Buffer.from(text),
    send: (text) => connection.write([Buffer.from(text)]),
    write(frames) {
      writes++
      waiting.push(...frames)
      if (reading) take()
    },
    identified: () => true,
    close(code) {
      closed ??= code
    },
    terminate: () => {},
    waitingBytes: () => waiting.reduce((bytes, frame) => bytes + frame.length, 0),
    onceDrained: (listener) => void listeners.push(listener),
    isOpen: () => closed === null,
  }
  return {
    connection,
    written,
    get closed() {
      return closed
    },
    get writes() {
      return writes
    },
    get waitingBytes() {
      return connection.waitingBytes()
    },
    stall() {
      reading = false
    },
    /** Takes all, again and again, as long as more comes. */
    drain() {
      reading = true
      do {
        take()
        for (const listener of listeners.splice(0)) listener()
      } while (waiting.length > 0 || listeners.length > 0)
    },
  }
}

export const presenceOf = (userId: UserId, availability: Presence['availability'] = 'busy'): Presence => ({
  userId,
  availability,
  activity: null,
  note: null,
  since: 0,
  until: null,
  source: 'manual',
  noteSource: null,
  manual: true,
  lastActiveAt: null,
  nextChangeAt: null,
  connected: 'offline',
  standing: null,
  changedAt: 0,
})
