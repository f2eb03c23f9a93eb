import { execFileSync } from 'node:child_process'
import { Agent, request } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { type RedisServer, startRedis } from '../test/redis/server.ts'
import { type Person, provision, setsBy } from './people.ts'
import { ADMIN, type Running, startRollcall } from './servers.ts'
import { goal, row } from './table.ts'
import { drive, requireWrk } from './wrk.ts'

/*
 * One, two and three nodes on one Redis whose every write is on disk before it is answered: how soon what is set on one is told on another,
 * how many sets one takes, and what a change costs. Then reads of a node on Redis beside one on a folder.
 */

const [USERS, PER_SECOND, SECONDS, CONNECTIONS] = [500, 1_000, 5, 64]
/** A set on one node is told on another within so long, in ms; one node takes so many sets per second; reads slow down by no more. */
const [TOLD_P99_MS, SETS_MIN, READS_RATIO_MIN] = [100, 10_000, 0.9]

requireWrk()
console.log(
  `\n${PER_SECOND} changes a second for ${SECONDS} s on the first node, told on the last; then sets at ${CONNECTIONS} connections.\n`,
)
row('case', 'told p50 ms', 'told p99 ms', 'sets per s', 'p99 ms', 'bytes/change', 'follower µs', 'goal')
for (const count of [1, 2, 3]) await benchNodes(count)
await benchReads()

async function benchNodes(count: number): Promise<void> {
  const redis = await startRedis()
  const nodes: Running[] = []
  for (let i = 0; i < count; i++) nodes.push(await startNode(redis, `node${i + 1}`))
  const [first] = nodes
  const last = nodes.at(-1)
  if (first === undefined || last === undefined) throw new Error('no nodes')
  try {
    const people = await provision(first.url, USERS)
    const [before, cpuBefore] = [carried(redis), await last.cpuMs()]
    const told = await tellAcross(first.url, last.url, people)
    const bytes = (carried(redis) - before) / told.length
    const followed = (1_000 * ((await last.cpuMs()) - cpuBefore)) / told.length
    const sets = await drive({ url: first.url, connections: CONNECTIONS, seconds: SECONDS, headers: {}, lua: setsBy(people) })
    const [p50, p99] = [told[Math.floor(told.length * 0.5)] ?? 0, told[Math.floor(told.length * 0.99)] ?? 0]
    row(
      `${count} node${count === 1 ? '' : 's'}`,
      p50.toFixed(1),
      p99.toFixed(1),
      sets.perSecond.toFixed(0),
      sets.p99.toFixed(1),
      bytes.toFixed(0),
      count === 1 ? '–' : followed.toFixed(0),
      goal(p99 < TOLD_P99_MS && sets.perSecond >= SETS_MIN, `< ${TOLD_P99_MS} ms, ≥ ${SETS_MIN}`),
    )
  } finally {
    await Promise.all(nodes.map((node) => node.stop()))
    await redis.stop()
  }
}

function startNode({ port }: RedisServer, name: string): Promise<Running> {
  return startRollcall({ store: `redis://127.0.0.1:${port}`, env: { ROLLCALL_NODE: name }, pinned: false })
}

/** What Redis was sent and has sent so far. */
function carried({ port }: RedisServer): number {
  const told = execFileSync('redis-cli', ['-p', String(port), 'INFO', 'stats'], { encoding: 'utf8' })
  const bytesOf = (name: string): number => Number(new RegExp(`${name}:(\\d+)`).exec(told)?.[1] ?? 0)
  return bytesOf('total_net_input_bytes') + bytesOf('total_net_output_bytes')
}

/** Notes set on one node, and after how many ms each was told on another; sorted. */
async function tellAcross(from: string, to: string, people: readonly Person[]): Promise<readonly number[]> {
  const took: number[] = []
  const watcher = await watchAll(to, (note) => {
    const setAt = Number(note)
    if (setAt > 0) took.push(performance.now() - setAt)
  })
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  const began = performance.now()
  for (let sent = 0; sent < PER_SECOND * SECONDS; ) {
    for (const due = ((performance.now() - began) * PER_SECOND) / 1_000; sent < due; sent++)
      setNote(from, agent, people[sent % people.length]?.token ?? '')
    await wait(1)
  }
  for (let i = 0; took.length < PER_SECOND * SECONDS && i < 100; i++) await wait(20)
  watcher.terminate()
  agent.destroy()
  return took.sort((one, other) => one - other)
}

function setNote(url: string, agent: Agent, token: string): void {
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }
  const asked = request(`${url}/v1/presence/me/note`, { method: 'PUT', agent, headers }, (answer) => void answer.resume())
  asked.on('error', () => {})
  asked.end(JSON.stringify({ text: String(performance.now()) }))
}

async function watchAll(url: string, onNote: (text: string) => void): Promise<WebSocket> {
  const { token } = (await call(url, '/v1/login', ADMIN)) as { readonly token: string }
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/socket`, { headers: { Authorization: `Bearer ${token}` } })
  await new Promise((resolve) => socket.once('open', resolve))
  socket.on('message', (message: Buffer) => {
    const { presence } = JSON.parse(message.toString()) as { readonly presence?: { readonly note?: { readonly text: string } } }
    if (presence?.note !== undefined) onNote(presence.note.text)
  })
  socket.send(JSON.stringify({ type: 'watch', everyone: true, id: 'all' }))
  await wait(500)
  return socket
}

async function benchReads(): Promise<void> {
  const redis = await startRedis()
  const [shared, own] = [await startRollcall({ store: `redis://127.0.0.1:${redis.port}` }), await startRollcall()]
  try {
    const sides = [shared, own].map(async ({ url }) => ({ url, people: await provision(url, 10) }))
    const best = [0, 0]
    for (let round = 0; round < 6; round++)
      for (const [i, { url, people }] of (await Promise.all(sides)).entries()) {
        const headers = { Authorization: `Bearer ${people[0]?.token}` }
        const read = await drive({ url: `${url}/v1/presence/${people[1]?.id}`, connections: CONNECTIONS, seconds: 1, headers })
        best[i] = Math.max(best[i] ?? 0, read.perSecond)
      }
    const [ours = 0, theirs = 1] = best
    console.log(`\nReads of one presence, best of 6 rounds in turn, ${CONNECTIONS} connections.\n`)
    row('case', 'per s', 'folder per s', 'ratio', 'goal')
    const ratio = ours / theirs
    row('on Redis', ours.toFixed(0), theirs.toFixed(0), ratio.toFixed(2), goal(ratio >= READS_RATIO_MIN, `≥ ${READS_RATIO_MIN}`))
  } finally {
    await Promise.all([shared.stop(), own.stop()])
    await redis.stop()
  }
}

async function call(url: string, path: string, body: object): Promise<unknown> {
  const headers = { 'Content-Type': 'application/json' }
  return (await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })).json()
}
