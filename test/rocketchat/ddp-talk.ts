import { once } from 'node:events'
import WebSocket from 'ws'
import type { Person, Server } from '../server.ts'

// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the message has
export type Message = any

/** One DDP conversation with a running server, as plainly as a socket does it. */
export type Ddp = Awaited<ReturnType<typeof openDdp>>

const PATIENCE_MS = 3_000

export interface DdpOptions {
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Opens a socket and says nothing yet. Messages are kept in the order in which they came. */
export async function openDdp(server: Server, { path = '/websocket', headers = {} }: DdpOptions = {}) {
  const sockjs = path.startsWith('/sockjs')
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}${path}`, { headers })
  const frames: string[] = []
  const messages: Message[] = []
  const waiters = new Set<() => void>()
  let calls = 0
  socket.on('message', (payload: Buffer) => {
    const frame = payload.toString()
    frames.push(frame)
    if (!sockjs) messages.push(JSON.parse(frame))
    else if (frame.startsWith('a')) for (const text of JSON.parse(frame.slice(1))) messages.push(JSON.parse(text))
    for (const wake of waiters) wake()
  })
  socket.on('error', () => {})
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  await once(socket, 'open')

  /** The first message from `from` on that is like this one; throws with all of them when it does not come. */
  async function next(like: (message: Message) => boolean, from = 0): Promise<Message> {
    for (const until = Date.now() + PATIENCE_MS; ; ) {
      const found = messages.slice(from).find(like)
      if (found !== undefined) return found
      const left = until - Date.now()
      if (left <= 0) throw new Error(`it did not come: ${String(like)}\n${messages.map((one) => JSON.stringify(one)).join('\n')}`)
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          clearTimeout(timer)
          waiters.delete(wake)
          resolve()
        }
        const timer = setTimeout(wake, left)
        waiters.add(wake)
      })
    }
  }

  const say = (message: unknown): void => {
    const text = typeof message === 'string' ? message : JSON.stringify(message)
    socket.send(sockjs ? JSON.stringify([text]) : text)
  }

  async function call(method: string, ...params: unknown[]): Promise<Message> {
    const id = `call-${++calls}`
    say({ msg: 'method', method, id, params })
    return next((message) => message.msg === 'result' && message.id === id)
  }

  async function subscribe(name: string, ...params: unknown[]): Promise<Message> {
    const id = `sub-${++calls}`
    say({ msg: 'sub', id, name, params })
    return next(({ msg, id: of, subs }) => (msg === 'ready' && subs.includes(id)) || (msg === 'nosub' && of === id))
  }

  return {
    socket,
    frames,
    messages,
    closed,
    next,
    say,
    call,
    subscribe,
    /** Everything of one stream, as the arguments of its events. */
    events: (stream: string): Message[] =>
      messages.filter(({ collection }) => collection === `stream-${stream}`).map(({ fields }) => fields),
    async connect(): Promise<string> {
      say({ msg: 'connect', version: '1', support: ['1'] })
      return (await next(({ msg }) => msg === 'connected')).session
    },
    watch: (...people: Person[]) =>
      subscribe('stream-user-presence', '', { added: people.map(({ user }) => user.ids.rocketchat) }),
    /** The next event about a watched user, from now on or from a message on. */
    told(person: Person, from = messages.length): Promise<Message> {
      const uid = person.user.ids.rocketchat
      return next(({ collection, id }) => collection === 'stream-user-presence' && id === uid, from).then(
        ({ fields }) => fields.args[0],
      )
    },
    /** Closes as a client does, without a code, or without a word. */
    async end(how: number | 'bare' | 'cut' = 1000): Promise<void> {
      if (how === 'cut') socket.terminate()
      else socket.close(how === 'bare' ? undefined : how)
      await closed
    },
  }
}

/** Connected, and logged in with the person's token. */
export async function enterDdp(server: Server, person: Person, options?: DdpOptions): Promise<Ddp> {
  const ddp = await openDdp(server, options)
  await ddp.connect()
  const { error } = await ddp.call('login', { resume: person.token })
  if (error !== undefined) throw new Error(JSON.stringify(error))
  return ddp
}
