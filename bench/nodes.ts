import { execFileSync } from 'node:child_process'
import { Agent, request } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { type RedisServer, startRedis } from '../test/redis/server.ts'
import { type Person, provision, setsBy } from './people.ts'
import { ADMIN, cpuMsOf, type Running, startRollcall } from './servers.ts'
import { goal, row } from './table.ts'
import { drive, requireWrk } from './wrk.ts'

/*
 * One, two and three nodes on one Redis whose every write is on disk before it is answered, and one behind which a replica confirms:
 * how soon what is set on one node is told on another, how many sets one takes, and what a change costs. Then reads of a node on Redis
 * beside one on a folder.
 */

const [USERS, PER_SECOND, SECONDS, CONNECTIONS] = [500, 1_000, 3, 64]
/** Before anything is measured, so many seconds of both loads make the code fast. */
const WARM_SECONDS = 2
/** Of sets, of which the best is told: the most per second, the least of what others on this machine disturbed. */
const ROUNDS = 3
/** A set on one node is told on another within so long, in ms; one node takes so many sets per second; reads slow down by no more. */
const [TOLD_P99_MS, SETS_MIN, READS_RATIO_MIN] = [100, 10_000, 0.9]

requireWrk()
console.log(
  `\n${PER_SECOND} changes a second for ${SECONDS} s on the first node, told on the last; then sets at ${CONNECTIONS} connections, best of ${ROUNDS}.\n`,
)
row('case', 'told p50 ms', 'p99 ms', 'bytes', 'follower µs', 'sets per s', 'p99 ms', 'node µs', 'Redis µs', 'goal')
for (const count of [1, 2, 3]) await benchNodes(count)
await benchNodes(1, { replicas: 1 })
await benchReads()

async function benchNodes(count: number, { replicas = 0 } = {}): Promise<void> {
  const redis = await startRedis()
  const copies = await Promise.all(
    Array.from({ length: replicas }, () => startRedis(['--replicaof', '127.0.0.1', String(redis.port)])),
  )
  if (replicas > 0) execFileSync('redis-cli', ['-p', String(redis.port), 'WAIT', String(replicas), '0'])
  const nodes: Running[] = []
  try {
    for (let i = 0; i < count; i++) nodes.push(await startNode(redis, `node${i + 1}`, replicas))
    const [first] = nodes
    const last = nodes.at(-1)
    if (first === undefined || last === undefined) throw new Error('no nodes')
    const people = await provision(first.url, USERS)
    await tellAcross(first.url, last.url, people, WARM_SECONDS)
    const [before, cpuBefore] = [carried(redis), await last.cpuMs()]
    const told = await tellAcross(first.url, last.url, people, SECONDS)
    const bytes = (carried(redis) - before) / told.length
    const followed = (1_000 * ((await last.cpuMs()) - cpuBefore)) / told.length
    const sets = await bestSets(first, redis, people)
    const [p50, p99] = [told[Math.floor(told.length * 0.5)] ?? 0, told[Math.floor(told.length * 0.99)] ?? 0]
    row(
      `${count} node${count === 1 ? '' : 's'}${replicas === 0 ? '' : ', replica'}`,
      p50.toFixed(1),
      p99.toFixed(1),
      bytes.toFixed(0),
      count === 1 ? '–' : followed.toFixed(0),
      sets.perSecond.toFixed(0),
      sets.p99.toFixed(1),
      sets.node.toFixed(0),
      sets.redis.toFixed(0),
      goal(p99 < TOLD_P99_MS && sets.perSecond >= SETS_MIN, `< ${TOLD_P99_MS} ms, ≥ ${SETS_MIN}`),
    )
  } finally {
    await Promise.all(nodes.map((node) => node.stop()))
    await Promise.all([redis, ...copies].map((server) => server.stop()))
  }
}

/** With what a set cost the node and Redis, in µs of a core: of each the best round. */
async function bestSets(node: Running, redis: RedisServer, people: readonly Person[]) {
  const load = { url: node.url, connections: CONNECTIONS, headers: {}, lua: setsBy(people) }
  await drive({ ...load, seconds: WARM_SECONDS })
  const best = { perSecond: 0, p99: Infinity, node: Infinity, redis: Infinity }
  for (let round = 0; round < ROUNDS; round++) {
    const [ours, theirs] = [await node.cpuMs(), await cpuMsOf(redis.pid)]
    const sets = await drive({ ...load, seconds: SECONDS })
    if (sets.errors > 0) throw new Error(`${sets.errors} of ${sets.requests} sets failed`)
    best.perSecond = Math.max(best.perSecond, sets.perSecond)
    best.p99 = Math.min(best.p99, sets.p99)
    best.node = Math.min(best.node, (1_000 * ((await node.cpuMs()) - ours)) / sets.requests)
    best.redis = Math.min(best.redis, (1_000 * ((await cpuMsOf(redis.pid)) - theirs)) / sets.requests)
  }
  return best
}

function startNode({ port }: RedisServer, name: string, replicas: number): Promise<Running> {
  return startRollcall({ store: `redis://127.0.0.1:${port}?replicas=${replicas}`, env: { ROLLCALL_NODE: name }, pinned: false })
}

/** What Redis was sent and has sent so far. */
function carried({ port }: RedisServer): number {
  const told = execFileSync('redis-cli', ['-p', String(port), 'INFO', 'stats'], { encoding: 'utf8' })
  const bytesOf = (name: string): number => Number(new RegExp(`${name}:(\\d+)`).exec(told)?.[1] ?? 0)
  return bytesOf('total_net_input_bytes') + bytesOf('total_net_output_bytes')
}

/** Notes set on one node, and after how many ms each was told on another; sorted. */
async function tellAcross(from: string, to: string, people: readonly Person[], seconds: number): Promise<readonly number[]> {
  const took: number[] = []
  let began = Infinity
  const watcher = await watchAll(to, (note) => {
    // A snapshot has notes of earlier rounds.
    const setAt = Number(note)
    if (setAt >= began) took.push(performance.now() - setAt)
  })
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  began = performance.now()
  for (let sent = 0; sent < PER_SECOND * seconds; ) {
    for (const due = ((performance.now() - began) * PER_SECOND) / 1_000; sent < due; sent++)
      setNote(from, agent, people[sent % people.length]?.token ?? '')
    await wait(1)
  }
  for (let i = 0; took.length < PER_SECOND * seconds && i < 100; i++) await wait(20)
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
