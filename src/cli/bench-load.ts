import { Agent as PlainAgent, request as plainRequest } from 'node:http'
import { Agent as SecureAgent, request as secureRequest } from 'node:https'
import { Failure } from '../core/errors.ts'
import type { Answer } from './server.ts'

/** How much, for how long. */
export interface Load {
  readonly seconds: number
  readonly connections: number
}

/** A user whose calls are not limited. */
export interface Person {
  readonly id: string
  readonly token: string
}

/** How one kind of call went. */
export interface Figures {
  readonly what: string
  readonly perSecond: number
  readonly medianMs: number
  readonly p99Ms: number
  readonly failed: number
}

const WORDS = ['busy', 'away', 'dnd'] as const

/** Each kind of call, one after the other. */
export async function measure(url: string, people: readonly Person[], load: Load): Promise<readonly Figures[]> {
  const call = callerOf(url, load.connections)
  const personOf = (turn: number): Person => people[turn % people.length] ?? { id: '', token: '' }
  try {
    const reads = await drive('reads of one user', load, (turn) =>
      call('GET', `/v1/presence/${personOf(turn + 1).id}`, personOf(turn).token),
    )
    const changes = await drive('changes, durable', load, (turn) =>
      call('PUT', '/v1/presence/me/availability', personOf(turn).token, { availability: WORDS[turn % WORDS.length] }),
    )
    return [reads, changes, await lag(url, people, load.seconds)]
  } finally {
    call.close()
  }
}

interface Caller {
  (method: string, path: string, token: string, body?: object): Promise<boolean>
  close(): void
}

/** Whether it was answered as it should be. Connections are kept. */
function callerOf(url: string, connections: number): Caller {
  const isSecure = url.startsWith('https:')
  const agent = new (isSecure ? SecureAgent : PlainAgent)({ keepAlive: true, maxSockets: connections })
  const request = isSecure ? secureRequest : plainRequest
  const call = (method: string, path: string, token: string, body?: object): Promise<boolean> =>
    new Promise((resolve, reject) => {
      const text = body === undefined ? undefined : JSON.stringify(body)
      const headers = { Authorization: `Bearer ${token}`, ...(text !== undefined && { 'Content-Type': 'application/json' }) }
      const asked = request(new URL(path, url), { method, agent, headers }, (response) => {
        response.resume()
        response.once('end', () => resolve(response.statusCode === 200))
      })
      asked.once('error', reject)
      asked.end(text)
    })
  return Object.assign(call, { close: () => agent.destroy() })
}

/** As many at once as there are connections, each after the other. */
async function drive(what: string, { seconds, connections }: Load, call: (turn: number) => Promise<boolean>): Promise<Figures> {
  const times: number[] = []
  const [began, until] = [performance.now(), performance.now() + seconds * 1_000]
  let [turn, failed] = [0, 0]
  const work = async (): Promise<void> => {
    while (performance.now() < until) {
      const from = performance.now()
      if (!(await call(turn++))) failed++
      times.push(performance.now() - from)
    }
  }
  await Promise.all(Array.from({ length: connections }, work))
  return { what, failed, ...summaryOf(times, performance.now() - began) }
}

/** From asking for a change until it is told to somebody else's socket, one at a time. */
async function lag(url: string, people: readonly Person[], seconds: number): Promise<Figures> {
  const call = callerOf(url, 1)
  const [watcher, ...others] = people
  const ear = await listen(
    url,
    watcher?.token ?? '',
    others.map(({ id }) => id),
  )
  const times: number[] = []
  const [began, until] = [performance.now(), performance.now() + seconds * 1_000]
  let failed = 0
  for (let turn = 0; performance.now() < until; turn++) {
    const { id = '', token = '' } = others[turn % others.length] ?? {}
    const from = performance.now()
    const told = ear.hears(id)
    // Another text each time: what shows already is told to nobody.
    const isSet = await call('PUT', '/v1/presence/me/note', token, { text: `change ${turn}` })
    if (!isSet || !(await told)) failed++
    times.push(performance.now() - from)
  }
  ear.close()
  call.close()
  return { what: 'a change until it is told', failed, ...summaryOf(times, performance.now() - began) }
}

/** How long a change may take to be told, in ms. */
const TOLD_MS_MAX = 2_000

interface Ear {
  /** Whether that user is told of in time. */
  hears(userId: string): Promise<boolean>
  close(): void
}

/** Somebody who watches; resolves once they have been told everything. */
function listen(url: string, token: string, users: readonly string[]): Promise<Ear> {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/v1/socket`)
  let heard: (userId: string) => void = () => {}
  const hears = (userId: string): Promise<boolean> =>
    new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), TOLD_MS_MAX)
      heard = (told) => {
        if (told !== userId) return
        clearTimeout(timer)
        resolve(true)
      }
    })
  return new Promise((resolve, reject) => {
    socket.onerror = () => reject(new Failure('unavailable', 'A WebSocket does not open. rollcall doctor says more.'))
    socket.onopen = () => {
      for (const message of [
        { type: 'hello', token },
        { type: 'watch', users },
      ])
        socket.send(JSON.stringify(message))
    }
    socket.onmessage = ({ data }) => {
      const { type, presence } = JSON.parse(String(data)) as Answer
      if (type === 'presence') heard(presence.userId)
      if (type === 'cursor') resolve({ hears, close: () => socket.close() })
    }
  })
}

function summaryOf(times: readonly number[], tookMs: number): Pick<Figures, 'perSecond' | 'medianMs' | 'p99Ms'> {
  const sorted = times.toSorted((one, other) => one - other)
  const at = (part: number): number => Number((sorted[Math.floor(part * sorted.length)] ?? 0).toFixed(2))
  return { perSecond: Math.round((1_000 * times.length) / tookMs), medianMs: at(0.5), p99Ms: at(0.99) }
}
