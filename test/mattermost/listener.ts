import { once } from 'node:events'
import { WebSocket } from 'ws'
import type { Server } from '../server.ts'

// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever a frame has
type Frame = any

export type Listener = Awaited<ReturnType<typeof listen>>

export interface ListenOptions {
  /** Said in the Authorization header at the upgrade. */
  readonly token?: string
  /** Said in a challenge once it is open. */
  readonly challenge?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly connectionId?: string
  readonly sequence?: number | string
  readonly path?: string
}

/** How long a frame is waited for, in ms. */
const WAIT_MS = 5_000

/** A socket of tests: keeps every frame in its order. */
export async function listen(server: Server, options: ListenOptions = {}) {
  const { token, challenge, headers = {}, connectionId = '', sequence = 0, path = '/api/v4/websocket' } = options
  const query = `?connection_id=${connectionId}&sequence_number=${sequence}`
  const socket = new WebSocket(new URL(path + query, server.url.replace('http', 'ws')), {
    headers: { ...(token !== undefined && { Authorization: `Bearer ${token}` }), ...headers },
  })
  const texts: string[] = []
  const frames: Frame[] = []
  const waiting = new Set<() => void>()
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  let code: number | null = null
  socket.on('message', (bytes: Buffer) => {
    const text = bytes.toString()
    texts.push(text)
    frames.push(JSON.parse(text))
    for (const look of waiting) look()
  })
  void closed.then((ended) => {
    code = ended
    for (const look of waiting) look()
  })
  socket.on('error', () => undefined)
  await Promise.race([once(socket, 'open'), closed])

  /** The first frame from `from` on that fits; waits for it. */
  const find = (fits: (frame: Frame) => boolean, from = 0): Promise<Frame> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => done(() => reject(new Error(`no such frame among ${texts.join(' ')}`))), WAIT_MS)
      const done = (end: () => void): void => {
        clearTimeout(timer)
        waiting.delete(look)
        end()
      }
      const look = (): void => {
        const found = frames.slice(from).find(fits)
        if (found !== undefined) done(() => resolve(found))
        else if (code !== null) done(() => reject(new Error(`closed with ${code} after ${texts.join(' ')}`)))
      }
      waiting.add(look)
      look()
    })
  let seq = 0
  const say = (frame: Frame): void =>
    socket.send(typeof frame === 'string' || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame))
  /** Asks, and answers the reply. */
  const ask = (action: string, content?: unknown): Promise<Frame> => {
    const asked = ++seq
    say({ action, seq: asked, data: content })
    return find(({ seq_reply }) => seq_reply === asked)
  }
  if (challenge !== undefined) say({ action: 'authentication_challenge', seq: ++seq, data: { token: challenge } })
  return {
    socket,
    texts,
    frames,
    find,
    say,
    ask,
    /** Resolves with the close code as this side saw it. */
    closed,
    hello: (): Promise<Frame> => find(({ event }) => event === 'hello'),
    event: (event: string, fits: (content: Frame) => boolean = () => true, from = 0): Promise<Frame> =>
      find((frame) => frame.event === event && fits(frame.data), from),
    events: (event: string): Frame[] => frames.filter((frame) => frame.event === event).map((frame) => frame.data),
    /** The numbers of the events so far. */
    numbers: (): number[] => frames.filter(({ event }) => event !== undefined).map((frame) => frame.seq),
    /** What is on its way has arrived: a ping came back. */
    settled: () => ask('ping'),
    /** Without a goodbye. */
    cut: () => socket.terminate(),
    async close(with_?: number): Promise<number> {
      socket.close(with_)
      return closed
    },
    [Symbol.asyncDispose]: async (): Promise<void> => {
      socket.terminate()
      await closed
    },
  }
}
