import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { freePort, untilOpen } from '../ports.ts'

export interface RedisServer {
  readonly port: number
  readonly pid: number
  /** With SIGKILL. */
  kill(): Promise<void>
  /** Starts it again on the same port, with what it left behind. */
  start(): Promise<void>
  stop(): Promise<void>
}

/** A real redis-server on a free port of this machine, in a folder of its own. Each write is on disk before it is answered. */
export async function startRedis(settings: readonly string[] = []): Promise<RedisServer> {
  requireRedis()
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-redis-'))
  const port = await freePort()
  const always = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--dir',
    folder,
    '--save',
    '',
    '--appendonly',
    'yes',
    '--appendfsync',
    'always',
  ]
  let child = spawn('redis-server', [...always, ...settings], { stdio: 'ignore' })
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }
  await untilOpen(port)
  return {
    port,
    get pid() {
      return child.pid ?? 0
    },
    kill: () => end('SIGKILL'),
    async start() {
      child = spawn('redis-server', [...always, ...settings], { stdio: 'ignore' })
      await untilOpen(port)
    },
    async stop() {
      await end('SIGKILL')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export interface RedisCluster {
  /** Of the first primaries, as a store's address wants them. */
  readonly hosts: string
  /** Primaries first, then their replicas in the same order. */
  readonly servers: readonly RedisServer[]
  stop(): Promise<void>
}

/** Three primaries with a replica each, all slots shared out. */
export async function startCluster(): Promise<RedisCluster> {
  const settings = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '1500', '--cluster-replica-validity-factor', '0']
  const servers = await Promise.all(Array.from({ length: 6 }, () => startRedis(settings)))
  const hosts = servers.map(({ port }) => `127.0.0.1:${port}`)
  execFileSync('redis-cli', ['--cluster', 'create', ...hosts, '--cluster-replicas', '1', '--cluster-yes'], { stdio: 'ignore' })
  for (const [i, { port }] of servers.entries()) {
    await until(port, ['CLUSTER', 'INFO'], /cluster_state:ok[\s\S]*cluster_known_nodes:6/)
    await until(port, ['INFO', 'replication'], i < 3 ? /state=online/ : /master_link_status:up/)
  }
  return {
    hosts: hosts.slice(0, 3).join(),
    servers,
    stop: async () => void (await Promise.all(servers.map((server) => server.stop()))),
  }
}

export interface WatchedRedis {
  /** Of the sentinels, as a store's address wants them. */
  readonly hosts: string
  readonly primary: RedisServer
  readonly replica: RedisServer
  stop(): Promise<void>
}

/** A primary and a replica that three sentinels watch. */
export async function startSentinels(): Promise<WatchedRedis> {
  const primary = await startRedis()
  const replica = await startRedis(['--replicaof', '127.0.0.1', String(primary.port)])
  const watching = [
    'sentinel monitor watched 127.0.0.1',
    String(primary.port),
    '2\nsentinel down-after-milliseconds watched 1000\nsentinel failover-timeout watched 5000\n',
  ]
  const sentinels = await Promise.all(Array.from({ length: 3 }, () => startSentinel(watching.join(' '))))
  await until(primary.port, ['INFO', 'replication'], /state=online/)
  return {
    hosts: sentinels.map(({ port }) => `127.0.0.1:${port}`).join(),
    primary,
    replica,
    stop: async () => void (await Promise.all([...sentinels, primary, replica].map((server) => server.stop()))),
  }
}

async function startSentinel(watching: string): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-sentinel-'))
  const port = await freePort()
  const file = join(folder, 'sentinel.conf')
  await writeFile(file, `port ${port}\nbind 127.0.0.1\ndir ${folder}\n${watching}`)
  const child = spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore' })
  await untilOpen(port)
  return {
    port,
    async stop() {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** On Debian, and as root, the package is installed; elsewhere it says what is missing. */
export function requireRedis(): void {
  if (existsSync('/usr/bin/redis-server')) return
  if (process.getuid?.() === 0 && existsSync('/etc/debian_version')) {
    execFileSync('apt-get', ['update', '-qq'], { stdio: 'ignore' })
    execFileSync('apt-get', ['install', '-y', '-qq', 'redis-server'], { stdio: 'ignore' })
    return
  }
  throw new Error('These tests need redis-server. Install the package "redis-server" (Debian: apt-get install redis-server).')
}

const OPEN_MS_MAX = 20_000

async function until(port: number, command: readonly string[], says: RegExp): Promise<void> {
  for (const end = performance.now() + OPEN_MS_MAX; performance.now() < end; await wait(50)) {
    if (says.test(execFileSync('redis-cli', ['-p', String(port), ...command], { encoding: 'utf8' }))) return
  }
  throw new Error(`redis on port ${port} never said ${says} to ${command.join(' ')}`)
}
