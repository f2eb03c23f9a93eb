import { execFileSync } from 'node:child_process'
import { Agent, request } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { type RedisServer, startCluster, startRedis } from '../test/redis/server.ts'
import { type Person, provision, setsBy } from './people.ts'
import { ADMIN, cpuMsOf, type Running, startRollcall } from './servers.ts'
import { goal, row } from './table.ts'
import { drive, requireWrk } from './wrk.ts'

/*
 * One, two and three nodes on one Redis whose every write is on disk before it is answered, one behind which a replica confirms, and one
 * on a cluster of three primaries with a replica each: how soon what is set on one node is told on another, how many sets one takes, and
 * what a change and a read cost. Then reads of a node on Redis beside one on a folder. With names of cases as arguments, only those.
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
row('case', 'told p50 ms', 'p99 ms', 'bytes', 'follower µs', 'read µs', 'sets per s', 'p99 ms', 'node µs', 'Redis µs', 'goal')
const CASES = new Map<string, () => Promise<void>>([
  ['1', () => benchNodes('1 node', 1, onOne)],
  ['2', () => benchNodes('2 nodes', 2, onOne)],
  ['3', () => benchNodes('3 nodes', 3, onOne)],
  ['replica', () => benchNodes('1 node, replica', 1, withReplica)],
  ['cluster', () => benchNodes('1 node, cluster', 1, onCluster)],
  ['reads', benchReads],
])
for (const [name, bench] of CASES) if (process.argv.length === 2 || process.argv.includes(name)) await bench()

/** What nodes share: its address, and all the servers of it. */
interface Shared {
  readonly store: string
  readonly servers: readonly RedisServer[]
  stop(): Promise<void>
}

async function onOne(): Promise<Shared> {
  const redis = await startRedis()
  return { store: `redis://127.0.0.1:${redis.port}`, servers: [redis], stop: redis.stop }
}

async function withReplica(): Promise<Shared> {
  const one = await onOne()
  const port = String(one.servers[0]?.port)
  const replica = await startRedis(['--replicaof', '127.0.0.1', port])
  execFileSync('redis-cli', ['-p', port, 'WAIT', '1', '0'])
  return {
    store: `${one.store}?replicas=1`,
    servers: [...one.servers, replica],
    stop: async () => void (await Promise.all([one.stop(), replica.stop()])),
  }
}

async function onCluster(): Promise<Shared> {
  const { hosts, servers, stop } = await startCluster()
  return { store: `redis://${hosts}`, servers, stop }
}

async function benchNodes(name: string, count: number, startStore: () => Promise<Shared>): Promise<void> {
  const shared = await startStore()
  const nodes: Running[] = []
  try {
    for (let i = 0; i < count; i++) nodes.push(await startNode(shared, `node${i + 1}`))
    const [first] = nodes
    const last = nodes.at(-1)
    if (first === undefined || last === undefined) throw new Error('no nodes')
    const people = await provision(first.url, USERS)
    await tellAcross(first.url, last.url, people, WARM_SECONDS)
    const [before, cpuBefore] = [carried(shared), await last.cpuMs()]
    const told = await tellAcross(first.url, last.url, people, SECONDS)
    const bytes = (carried(shared) - before) / told.length
    const followed = (1_000 * ((await last.cpuMs()) - cpuBefore)) / told.length
    const read = await costOfReads(last, people)
    const sets = await bestSets(first, shared, people)
    const [p50, p99] = [told[Math.floor(told.length * 0.5)] ?? 0, told[Math.floor(told.length * 0.99)] ?? 0]
    row(
      name,
      p50.toFixed(1),
      p99.toFixed(1),
      bytes.toFixed(0),
      count === 1 ? '–' : followed.toFixed(0),
      read.toFixed(1),
      sets.perSecond.toFixed(0),
      sets.p99.toFixed(1),
      sets.node.toFixed(0),
      sets.redis.toFixed(0),
      goal(p99 < TOLD_P99_MS && sets.perSecond >= SETS_MIN, `< ${TOLD_P99_MS} ms, ≥ ${SETS_MIN}`),
    )
  } finally {
    await Promise.all(nodes.map((node) => node.stop()))
    await shared.stop()
  }
}

/** What one presence costs a node, in µs of a core: the best round. */
async function costOfReads(node: Running, people: readonly Person[]): Promise<number> {
  const headers = { Authorization: `Bearer ${people[0]?.token}` }
  let best = Infinity
  for (let round = 0; round < ROUNDS; round++) {
    const ours = await node.cpuMs()
    const read = await drive({ url: `${node.url}/v1/presence/${people[1]?.id}`, connections: CONNECTIONS, seconds: 1, headers })
    best = Math.min(best, (1_000 * ((await node.cpuMs()) - ours)) / read.requests)
  }
  return best
}

/** With what a set cost the node and Redis, in µs of a core: of each the best round. */
async function bestSets(node: Running, { servers }: Shared, people: readonly Person[]) {
  const load = { url: node.url, connections: CONNECTIONS, headers: {}, lua: setsBy(people) }
  const cpuOfRedis = async (): Promise<number> =>
    (await Promise.all(servers.map(({ pid }) => cpuMsOf(pid)))).reduce((sum, ms) => sum + ms, 0)
  await drive({ ...load, seconds: WARM_SECONDS })
  const best = { perSecond: 0, p99: Infinity, node: Infinity, redis: Infinity }
  for (let round = 0; round < ROUNDS; round++) {
    const [ours, theirs] = [await node.cpuMs(), await cpuOfRedis()]
    const sets = await drive({ ...load, seconds: SECONDS })
    if (sets.errors > 0) throw new Error(`${sets.errors} of ${sets.requests} sets failed`)
    best.perSecond = Math.max(best.perSecond, sets.perSecond)
    best.p99 = Math.min(best.p99, sets.p99)
    best.node = Math.min(best.node, (1_000 * ((await node.cpuMs()) - ours)) / sets.requests)
    best.redis = Math.min(best.redis, (1_000 * ((await cpuOfRedis()) - theirs)) / sets.requests)
  }
  return best
}

function startNode({ store }: Shared, name: string): Promise<Running> {
  return startRollcall({ store, env: { ROLLCALL_NODE: name }, pinned: false })
}

/** What the servers were sent and have sent so far. */
function carried({ servers }: Shared): number {
  return servers.reduce((sum, { port }) => {
    const told = execFileSync('redis-cli', ['-p', String(port), 'INFO', 'stats'], { encoding: 'utf8' })
    const bytesOf = (name: string): number => Number(new RegExp(`${name}:(\\d+)`).exec(told)?.[1] ?? 0)
    return sum + bytesOf('total_net_input_bytes') + bytesOf('total_net_output_bytes')
  }, 0)
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
