import { connect } from 'node:net'
import { noteText } from './frames.ts'
import { tokenOf, userId } from './people.ts'

/** Sets statuses over HTTP, each user their own, so many a second whatever the server does. */
export interface Writer {
  /** Resolves when all were answered. */
  run(options: { readonly perSecond: number; readonly seconds: number; readonly users: number }): Promise<Written>
  /** When a note's change was due, on the clock of `performance.now`; 0: never. */
  dueAt(note: number): number
  close(): void
}

export interface Written {
  readonly changes: number
  readonly failed: number
  /** How long after the last was due the last was answered, in ms. */
  readonly lateMs: number
}

const CONNECTIONS = 32
const TURN_MS = 2
const NOTES_MAX = 1 << 20
const AVAILABILITIES = ['busy', 'dnd', 'away', 'online']

interface Line {
  write(text: string): void
  close(): void
}

export function createWriter(url: string): Writer {
  const due = new Float64Array(NOTES_MAX)
  const waiting: string[] = []
  const idle: Line[] = []
  const lines = Array.from({ length: CONNECTIONS }, () => open())
  let [notes, changes, answered, failed, ended] = [0, 0, 0, 0, false]

  function open(): Line {
    const { hostname, port } = new URL(url)
    const socket = connect({ host: hostname, port: Number(port), noDelay: true })
    const line = { write: (text: string) => void socket.write(text), close: () => void socket.destroy() }
    socket.on('error', () => {})
    socket.on('connect', () => free(line))
    socket.on('close', () => {
      if (ended) return
      // The server lets idle connections go.
      if (idle.includes(line)) idle.splice(idle.indexOf(line), 1)
      lines[lines.indexOf(line)] = open()
    })
    socket.on('data', (bytes: Buffer) => {
      answered++
      if (bytes[9] !== 0x32) failed++
      free(line)
    })
    return line
  }

  function free(line: Line): void {
    const next = waiting.shift()
    if (next === undefined) idle.push(line)
    else line.write(next)
  }

  /** Three of four change the note, which says which change it was; the fourth changes the availability. */
  function change(user: number, at: number): void {
    changes++
    const isNote = changes % 4 !== 0
    if (isNote) due[++notes % NOTES_MAX] = at
    const body = isNote
      ? `{"text":"${noteText(notes)}"}`
      : `{"availability":"${AVAILABILITIES[(changes >> 2) % AVAILABILITIES.length]}"}`
    const line = idle.pop()
    const text = requestOf(user, isNote ? 'note' : 'availability', body)
    if (line === undefined) waiting.push(text)
    else line.write(text)
  }

  return {
    async run({ perSecond, seconds, users }) {
      const [before, failedBefore, began, total] = [changes, failed, performance.now(), Math.round(perSecond * seconds)]
      await new Promise<void>((resolve) => {
        const timer = setInterval(() => {
          const until = Math.min(total, Math.floor(((performance.now() - began) * perSecond) / 1000))
          while (changes - before < until) {
            const sent = changes - before
            change((changes * 7919) % users, began + (sent * 1000) / perSecond)
          }
          if (changes - before < total) return
          clearInterval(timer)
          resolve()
        }, TURN_MS)
      })
      const last = performance.now()
      while (answered < changes && performance.now() - last < 10_000) await new Promise((resolve) => setTimeout(resolve, TURN_MS))
      return { changes: changes - before, failed: failed - failedBefore, lateMs: performance.now() - last }
    },
    dueAt: (note) => due[note % NOTES_MAX] ?? 0,
    close() {
      ended = true
      for (const line of lines) line.close()
    },
  }
}

function requestOf(user: number, what: string, body: string): string {
  return `PUT /v1/presence/${userId(user)}/${what} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer ${tokenOf(user)}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
}
