import { execFileSync } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'
import { type RedisServer, startCluster, startSentinels } from '../redis/server.ts'
import type { Person, Server } from '../server.ts'
import { GRACE_MS, LEASE_MS, type Nodes, startNodes, startTrio, type Trio, until, untilAgreed } from './trio.ts'

/** What happens to nodes and their Redis while people say things; afterwards all that was acknowledged must be there. */
export const SCENARIOS = {
  /** A node is killed, and started again. */
  kill: onTrio(async ({ nodes }, chance) => {
    const node = pick(nodes, chance)
    await node.kill()
    await wait(chance() * (LEASE_MS + GRACE_MS))
    await node.restart()
  }),
  /** A node stands still for longer than its lease, and comes back. */
  stop: onTrio(async ({ nodes }, chance) => {
    const { pid = 0 } = pick(nodes, chance)
    process.kill(pid, 'SIGSTOP')
    await wait(LEASE_MS * (1.5 + 3 * chance()))
    process.kill(pid, 'SIGCONT')
  }),
  /** The third node does not reach its Redis any more, for some time. */
  split: onTrio(async ({ wire }, chance) => {
    wire.split()
    await wait(LEASE_MS * (1.5 + 3 * chance()))
    wire.heal()
  }),
  /** What the third node says to its Redis, and what it is told, takes long; then its connections are new. */
  slow: onTrio(async ({ wire }, chance) => {
    wire.slow(100 + 900 * chance())
    await wait(LEASE_MS * (1.5 + 3 * chance()))
    wire.slow(0)
    wire.heal()
  }),
  /** Redis is killed, and started again. */
  redis: onTrio(async ({ redis }, chance) => {
    await redis.kill()
    await wait(LEASE_MS * 2 * chance())
    await redis.start()
  }),
  /** The primary is killed; a replica takes over, and the old primary becomes its replica. */
  failover: async (rounds: number, chance: () => number): Promise<number> => {
    const watched = await startSentinels()
    const trio = await startNodes(() => `redis://${watched.hosts}?replicas=1`, ['b'])
    let servers = [watched.primary, watched.replica] as const
    const count = await play(trio, rounds, async () => {
      const [primary, replica] = servers
      await primary.kill()
      await until(() => isPrimary(replica))
      await wait(1_000 * chance())
      await primary.start()
      // The sentinels would see to it, ten seconds later.
      say(primary, 'REPLICAOF', '127.0.0.1', String(replica.port))
      servers = [replica, primary]
    })
    await trio.stop()
    await watched.stop()
    return count
  },
  /** One of a cluster's three primaries is killed; its replica takes over, and the old primary becomes its replica. */
  cluster: async (rounds: number, chance: () => number): Promise<number> => {
    const cluster = await startCluster()
    const trio = await startNodes(() => `redis://${cluster.hosts}?replicas=1`, ['b'])
    const { servers } = cluster
    const count = await play(trio, rounds, async () => {
      const [first, ...rest] = servers.filter(isPrimary)
      const primary = pick([first as RedisServer, ...rest], chance)
      const replica = servers.find((server) => server !== primary && isReplicaOf(server, primary)) as RedisServer
      await primary.kill()
      await until(() => isPrimary(replica), 30_000)
      await wait(1_000 * chance())
      await primary.start()
      await until(() => isReplicaOf(primary, replica) && isCopied(primary), 30_000)
    })
    await trio.stop()
    await cluster.stop()
    return count
  },
} as const satisfies Record<string, (rounds: number, chance: () => number) => Promise<number>>

type Happening = (trio: Trio, chance: () => number) => Promise<void>

function onTrio(happens: Happening) {
  return async (rounds: number, chance: () => number): Promise<number> => {
    const trio = await startTrio()
    const count = await play(trio, rounds, () => happens(trio, chance))
    await trio.stop()
    return count
  }
}

const SETTLED_MS_MAX = 40_000

/** Answers how many statuses were acknowledged, all of which were there afterwards. */
export async function play(trio: Nodes, rounds: number, happens: () => Promise<void>): Promise<number> {
  const writers = [await createWriter(trio), await createWriter(trio), await createWriter(trio)]
  for (let round = 0; round < rounds; round++) {
    for (const writer of writers) writer.start()
    await wait(300)
    await happens()
    await wait(300)
    for (const writer of writers) await writer.stop()
    // As whoever keeps it running would.
    for (const node of trio.nodes) if (node.ended() !== null) await node.restart()
    await until(async () => (await Promise.all(trio.nodes.map(isWritable))).every(Boolean), SETTLED_MS_MAX).catch(() => {
      throw new Error(`round ${round}: not all nodes can be written to\n${trio.nodes.map(lastWordsOf).join('\n')}`)
    })
    await untilAgreed(trio.nodes)
    for (const { person, said } of writers) {
      const found = await noteOf(trio.nodes[0], person)
      if (found < said.acknowledged || found > said.asked)
        throw new Error(`round ${round}: ${JSON.stringify(said)}, but ${found} was found`)
    }
  }
  return writers.reduce((count, { said }) => count + said.answered, 0)
}

/** Somebody who says one number after another on any node, each once the one before was answered. */
async function createWriter({ nodes, person: join }: Nodes) {
  const person = await join()
  const said = { asked: 0, acknowledged: 0, answered: 0 }
  let [writing, stopped] = [Promise.resolve(), true]

  async function say(number: number): Promise<void> {
    const response = await nodes[number % nodes.length]
      ?.request('/v1/presence/me/note', {
        method: 'PUT',
        headers: { Authorization: `Bearer ${person.token}`, 'Content-Type': 'application/json' },
        body: JSON.stringify({ text: String(number) }),
      })
      .catch(() => null)
    if (!response?.ok) return wait(50)
    said.acknowledged = number
    said.answered++
  }

  return {
    person,
    said,
    start() {
      stopped = false
      writing = (async () => {
        while (!stopped) await say(++said.asked)
      })()
    },
    stop(): Promise<void> {
      stopped = true
      return writing
    },
  }
}

async function noteOf(node: Server, person: Person): Promise<number> {
  const { note } = await node.call('GET', `/v1/presence/${person.user.id}`, node.adminToken)
  return Number(note?.text ?? 0)
}

const lastWordsOf = ({ url, ended, logs }: Server): string =>
  `${url} ${JSON.stringify(ended())}\n${(logs.stdout + logs.stderr).split('\n').slice(-12).join('\n')}`

const isWritable = (node: Server): Promise<boolean> =>
  node.request('/readyz?writable').then(
    ({ status }) => status === 200,
    () => false,
  )

const isReplicaOf = (server: RedisServer, { port }: RedisServer): boolean =>
  new RegExp(`^master_port:${port}\\s`, 'm').test(say(server, 'INFO', 'replication'))

const isCopied = (server: RedisServer): boolean => /^master_link_status:up/m.test(say(server, 'INFO', 'replication'))

const isPrimary = (server: RedisServer): boolean => /^role:master/m.test(say(server, 'INFO', 'replication'))

const say = ({ port }: RedisServer, ...words: readonly string[]): string =>
  execFileSync('redis-cli', ['-p', String(port), ...words], { encoding: 'utf8' })

function pick<T>(all: readonly [T, ...T[]], chance: () => number): T {
  return all[Math.floor(chance() * all.length)] ?? all[0]
}
