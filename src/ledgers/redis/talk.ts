import { createClient, createCluster, createSentinel, RESP_TYPES, type RedisSentinelOptions } from '@redis/client'
import { Failure } from '../../core/errors.ts'
import type { RedisAddress } from './address.ts'
import { failed, wordsOf } from './words.ts'

export type Word = string | Buffer
export type Reply = null | number | Buffer | readonly Reply[]

/** A way of sending commands, whatever is at the other end: one server, a primary that sentinels watch, or a cluster. */
export interface Talk {
  /** The command goes to where the key is. Rejects with Failure `unavailable`: not sent, refused, or its answer was lost. */
  send(key: string, command: readonly Word[]): Promise<Reply>
  /** A further one, for commands that block. */
  another(): Promise<Talk>
  /** Whether one command may name keys of several partitions. */
  readonly sharesSlots: boolean
  /** False while there is no connection that could take a command. */
  isReady(): boolean
  close(): void
}

/** How long a connection attempt may take, and how long a server may be silent, in ms. A ping goes out in between. */
const CONNECT_MS_MAX = 5_000
export const SILENT_MS_MAX = 5_000
const PING_MS = 1_000
/** Between attempts to connect, in ms: at first, and at most. */
const [RETRY_MS_FIRST, RETRY_MS_MAX] = [50, 2_000]

/** Connects, and finds out what is there. Throws Failure `unavailable` when nothing answers. */
export async function openTalk(address: RedisAddress): Promise<Talk> {
  let why: unknown
  for (const host of address.hosts) {
    try {
      return await openAs(await modeOf(address, host), address)
    } catch (error) {
      why = error
    }
  }
  const names = address.hosts.map(({ host, port }) => `${host}:${port}`).join(', ')
  throw new Failure('unavailable', `Redis cannot be used at ${names}: ${wordsOf(why)}`, { reason: 'ledger_away' })
}

const refuse = (error: unknown): never => {
  throw failed(error)
}

/** Of sentinels: what they call the primary, and as whom they let us in. */
type Mode = 'standalone' | 'cluster' | { readonly master: string; readonly login: Login }
type Login = Pick<RedisAddress, 'username' | 'password'>

const NOBODY: Login = { username: undefined, password: undefined }

/** Sentinels often ask for no password where their servers do, and refuse one. */
async function modeOf(address: RedisAddress, host: RedisAddress['hosts'][number]): Promise<Mode> {
  try {
    return await askMode(address, host, address)
  } catch (error) {
    const mode = address.password === undefined ? null : await askMode(address, host, NOBODY).catch(() => null)
    if (mode === null || typeof mode === 'string') throw error
    return mode
  }
}

async function askMode(address: RedisAddress, host: RedisAddress['hosts'][number], login: Login): Promise<Mode> {
  const { username, password } = login
  // Sentinels have no databases.
  const options = optionsOf({ ...address, username, password, database: 0 }, { reconnects: false })
  const client = createClient({ ...options, socket: socketOf(address, host, false) })
  client.on('error', () => {})
  await client.connect()
  try {
    const mode = /^redis_mode:(\w+)/m.exec((await client.sendCommand<Buffer>(['INFO', 'server'])).toString())?.[1]
    if (mode === 'cluster') return 'cluster'
    if (mode !== 'sentinel') return 'standalone'
    const masters = (await client.sendCommand(['SENTINEL', 'MASTERS'])) as unknown as Buffer[][]
    const names = masters.map((fields) => String(fields[1]))
    const master = address.master ?? (names.length === 1 ? names[0] : undefined)
    if (master === undefined || !names.includes(master))
      throw new Error(`these sentinels watch ${names.join(', ')}: say which with ?master=NAME`)
    return { master, login: { username, password } }
  } finally {
    client.destroy()
  }
}

async function openAs(mode: Mode, address: RedisAddress): Promise<Talk> {
  const another = (): Promise<Talk> => openAs(mode, address)
  if (mode === 'standalone') return talkToOne(address, another)
  if (mode === 'cluster' && address.database !== 0)
    throw new Error(`a cluster has no databases: name none, and tell stores apart by ?prefix= instead of /${address.database}`)
  if (mode === 'cluster') return talkToCluster(address, another)
  return talkToPrimary(address, mode, another)
}

async function talkToOne(address: RedisAddress, another: () => Promise<Talk>): Promise<Talk> {
  const [host] = address.hosts
  if (host === undefined) throw new Error('no host')
  const client = createClient({ ...optionsOf(address), socket: socketOf(address, host) })
  client.on('error', () => {})
  await client.connect()
  return {
    send: (_key, command) => client.sendCommand<Reply>(command).catch(refuse),
    another,
    sharesSlots: true,
    isReady: () => client.isReady,
    close: () => client.destroy(),
  }
}

async function talkToCluster(address: RedisAddress, another: () => Promise<Talk>): Promise<Talk> {
  const cluster = createCluster({
    RESP: 2,
    rootNodes: address.hosts.map((host) => ({ socket: socketOf(address, host) })),
    defaults: { ...optionsOf(address), socket: { ...socketOf(address) } },
    minimizeConnections: true,
    commandOptions: BYTES,
  })
  cluster.on('error', () => {})
  await cluster.connect()
  return {
    send: (key, command) => cluster.sendCommand<Reply>(key, false, [...command]).catch(refuse),
    another,
    sharesSlots: false,
    isReady: () => cluster.isOpen,
    close: () => cluster.destroy(),
  }
}

async function talkToPrimary(
  address: RedisAddress,
  { master: name, login }: Extract<Mode, object>,
  another: () => Promise<Talk>,
): Promise<Talk> {
  const sentinel = createSentinel({
    RESP: 2,
    name,
    sentinelRootNodes: [...address.hosts],
    nodeClientOptions: { ...optionsOf(address), socket: socketOf(address) },
    sentinelClientOptions: { ...loginOf(login), socket: socketOf(address) },
    masterPoolSize: 1,
    scanInterval: PING_MS,
    maxCommandRediscovers: 0,
    commandOptions: BYTES,
  })
  sentinel.on('error', () => {})
  await sentinel.connect()
  // Of the client's own connections each waits for its answer before the next command; on a lease commands follow one another.
  const lease = await sentinel.acquire()
  return {
    send: (_key, command) => lease.sendCommand<Reply>(false, [...command]).catch(refuse),
    another,
    sharesSlots: true,
    isReady: () => sentinel.isReady,
    close: () => void sentinel.destroy().catch(() => {}),
  }
}

type SocketOptions = NonNullable<RedisSentinelOptions['nodeClientOptions']>['socket'] & object

/** Values are bytes. What waits to be sent is given up with its connection: it needs no timer of its own. */
const BYTES = { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer }, timeout: 0 }

function optionsOf({ username, password, database }: RedisAddress, { reconnects = true } = {}) {
  return {
    RESP: 2 as const,
    ...loginOf({ username, password }),
    ...(database !== 0 && { database }),
    // A command that waits for a connection would be answered long after its caller gave up.
    disableOfflineQueue: reconnects,
    pingInterval: PING_MS,
    commandOptions: BYTES,
  }
}

const loginOf = ({ username, password }: Login) => ({
  ...(username !== undefined && { username }),
  ...(password !== undefined && { password }),
})

function socketOf({ tls }: RedisAddress, host?: RedisAddress['hosts'][number], reconnects = true): SocketOptions {
  return {
    ...host,
    ...(tls && { tls }),
    connectTimeout: CONNECT_MS_MAX,
    socketTimeout: SILENT_MS_MAX,
    reconnectStrategy: reconnects && ((retries: number) => Math.min(RETRY_MS_MAX, RETRY_MS_FIRST * 2 ** retries)),
  } as SocketOptions
}
