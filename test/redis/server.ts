import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createConnection, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

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

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

const OPEN_MS_MAX = 20_000

async function untilOpen(port: number): Promise<void> {
  for (const end = performance.now() + OPEN_MS_MAX; performance.now() < end; await wait(20)) {
    const socket = createConnection(port, '127.0.0.1')
    const isOpen = await Promise.race([once(socket, 'connect').then(() => true), once(socket, 'error').then(() => false)]).catch(
      () => false,
    )
    socket.destroy()
    if (isOpen) return
  }
  throw new Error(`nothing listens on port ${port}`)
}
