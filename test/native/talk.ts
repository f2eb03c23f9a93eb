import { WebSocket } from 'ws'
import type { Server } from '../server.ts'

// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the message has
export type Message = any

export type Talk = Awaited<ReturnType<typeof talk>>

/** A native socket that remembers what it was told. Null: no bearer header. */
export async function talk(server: Server, token: string | null, headers: Readonly<Record<string, string>> = {}) {
  const url = `${server.url.replace('http', 'ws')}/v1/socket`
  const bearer = token === null ? {} : { Authorization: `Bearer ${token}` }
  const socket = new WebSocket(url, { headers: { ...bearer, ...headers } })
  const heard: Message[] = []
  const wakers = new Set<() => void>()
  const wake = (): void => {
    for (const waker of wakers) waker()
  }
  socket.on('message', (payload: Buffer) => {
    heard.push(JSON.parse(payload.toString()))
    wake()
  })
  socket.on('error', () => {})
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.once('close', (code, reason) => resolve({ code, reason: String(reason) })),
  )
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('unexpected-response', (_request, response) => {
      const chunks: string[] = []
      response.on('data', (chunk) => void chunks.push(String(chunk)))
      response.on('end', () => reject(Object.assign(new Error(`${response.statusCode} ${chunks.join('')}`), response.headers)))
    })
  })
  let ids = 0

  /** The first message, heard from `from` on, that is as wanted. */
  function until(wanted: (message: Message) => boolean, from = 0): Promise<Message> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`not heard; heard ${JSON.stringify(heard).slice(-2_000)}`)), 5_000)
      const look = (): void => {
        const found = heard.slice(from).find(wanted)
        if (found === undefined) return
        clearTimeout(timer)
        wakers.delete(look)
        resolve(found)
      }
      wakers.add(look)
      look()
    })
  }
  return {
    socket,
    heard,
    closed,
    until,
    of: (type: string, from = 0) => until((message) => message.type === type, from),
    /** Says something and answers its acknowledgement or error. */
    async say(message: object): Promise<Message> {
      const id = `m${++ids}`
      socket.send(JSON.stringify({ ...message, id }))
      return until((heardMessage) => heardMessage.id === id)
    },
    presenceOf: (userId: string, availability: string, from = 0) =>
      until(
        ({ type, presence }) => type === 'presence' && presence.userId === userId && presence.availability === availability,
        from,
      ),
  }
}

/** What a mirror of the messages holds: the latest presence of everyone told. */
export function mirrorOf(heard: readonly Message[]): Map<string, Message> {
  const held = new Map<string, Message>()
  for (const { type, presence, userId, everyone } of heard) {
    if (type === 'snapshot' && everyone) held.clear()
    if (type === 'presence') held.set(presence.userId, presence)
    if (type === 'removed') held.delete(userId)
  }
  return held
}
