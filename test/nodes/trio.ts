import { setTimeout as wait } from 'node:timers/promises'
import { type Talk, talk } from '../native/talk.ts'
import { startRedis } from '../redis/server.ts'
import { type Person, type Server, type ServerOptions, startServer } from '../server.ts'
import { startWire } from './wire.ts'

/** Of the nodes of tests, in ms: short, so that what comes after them comes soon. */
export const LEASE_MS = 1_000
export const GRACE_MS = 1_500
/** From the last renewal until the sessions of a node are ended, on a slow machine too. */
export const ENDED_MS_MAX = 3 * LEASE_MS + GRACE_MS + 5_000

export type Trio = Awaited<ReturnType<typeof startTrio>>

/** Three nodes on one Redis; the third reaches it by a wire that can be cut. */
export async function startTrio() {
  const redis = await startRedis()
  const wire = await startWire(redis.port)
  const trio = await startNodes((name) => `redis://127.0.0.1:${name === 'c' ? wire.port : redis.port}`)
  async function stop(): Promise<void> {
    await trio.stop()
    await wire.stop()
    await redis.stop()
  }
  const [a, b = a, c = a] = trio.nodes
  return { ...trio, nodes: [a, b, c] as const, redis, wire, stop }
}

export type Nodes = Awaited<ReturnType<typeof startNodes>>

/** Nodes on the store that each is told. */
export async function startNodes(
  storeOf: (name: string) => string,
  names: readonly string[] = ['b', 'c'],
  optionsOf: (name: string) => ServerOptions = () => ({}),
) {
  const start = (name: string) => startServer({ store: storeOf(name), env: environmentOf(name), ...optionsOf(name) })
  const first = await start('a')
  const nodes: readonly [Server, ...Server[]] = [first, ...(await Promise.all(names.map(start)))]
  await first.call('PATCH', '/v1/settings', first.adminToken, { graceMs: 1_000 })
  let people = 0
  return {
    nodes,
    /** Somebody new, whom all nodes know. */
    async person(): Promise<Person> {
      const person = await first.createUser({ username: `person${++people}`, password: null })
      for (const node of nodes)
        await until(() =>
          presenceAt(node, person).then(
            () => true,
            () => false,
          ),
        )
      return person
    },
    async stop() {
      for (const node of nodes) await node.stop()
    },
  }
}

export const environmentOf = (node: string) => ({
  ROLLCALL_NODE: node,
  ROLLCALL_LEASE_MS: String(LEASE_MS),
  ROLLCALL_RESTART_GRACE_MS: String(GRACE_MS),
})

/** What the node tells of a user, without what says where it was read. */
export async function presenceAt(node: Server, person: Person): Promise<string> {
  const response = await node.request(`/v1/presence/${person.user.id}`, {
    headers: { Authorization: `Bearer ${node.adminToken}` },
  })
  if (!response.ok) throw new Error(String(response.status))
  return response.text()
}

export const availabilityAt = async (node: Server, person: Person): Promise<string> =>
  JSON.parse(await presenceAt(node, person)).availability

/** All that the node tells of everyone. */
export async function everyoneAt(node: Server): Promise<string> {
  const { presences } = await node.call('GET', '/v1/presence', node.adminToken)
  const sorted = presences.sort((one: { userId: string }, other: { userId: string }) => (one.userId < other.userId ? -1 : 1))
  return JSON.stringify(sorted)
}

/** Resolves once every node tells the same of everyone, byte for byte. */
export async function untilAgreed(nodes: readonly Server[]): Promise<void> {
  await until(async () => new Set(await Promise.all(nodes.map(everyoneAt))).size === 1)
}

/** A connection of the person's, by which they are present. */
export async function attend(
  node: Server,
  { token }: Person,
  resumes?: string,
): Promise<{ readonly talk: Talk; readonly sessionId: string }> {
  const own = await talk(node, token)
  const { sessionId } = await own.say({ type: 'attend', app: 'web', platform: 'linux', ...(resumes && { resumes }) })
  return { talk: own, sessionId }
}

/** How the node tells a watcher that the person's availability changes, from now on. */
export async function toldOf(
  node: Server,
  person: Person,
): Promise<{ readonly told: () => string[]; readonly close: () => void }> {
  const watcher = await talk(node, node.adminToken)
  const before = await availabilityAt(node, person)
  const from = watcher.heard.length
  await watcher.say({ type: 'watch', users: [person.user.id] })
  const told = (): string[] => {
    let last = before
    return watcher.heard.slice(from).flatMap(({ type, presence }) => {
      if (type !== 'presence' || presence.userId !== person.user.id || presence.availability === last) return []
      last = presence.availability
      return [presence.availability]
    })
  }
  return { told, close: () => watcher.socket.terminate() }
}

export async function until(condition: () => boolean | Promise<boolean>, ms = ENDED_MS_MAX): Promise<void> {
  for (const end = performance.now() + ms; !(await condition()); await wait(40))
    if (performance.now() > end) throw new Error(`it did not come to be within ${ms} ms: ${String(condition)}`)
}
