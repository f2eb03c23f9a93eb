import { X509Certificate } from 'node:crypto'
import { constants, readFileSync } from 'node:fs'
import { access, stat, statfs } from 'node:fs/promises'
import { connect } from 'node:net'
import { dirname, resolve } from 'node:path'
import { Failure } from '../core/errors.ts'
import { doubtful, type Finding, fine, wrong } from './finding.ts'

/** What `rollcall serve` would start with. */
export interface Settings {
  readonly store: string
  readonly host: string
  readonly tls: { readonly cert: string; readonly key: string } | null
  readonly trustedProxies: readonly string[]
  /** Of a store in Redis; null for another. */
  readonly redis: RedisSettings | null
}

interface RedisSettings {
  readonly hosts: readonly { readonly host: string; readonly port: number }[]
  /** Settings of it that may lose what was stored. Throws Failure when it cannot be used. */
  doubts(): Promise<readonly { readonly says: string; readonly remedy: string }[]>
}

/** A store's disk should have as much, in bytes. */
const FREE_BYTES_MIN = 1_073_741_824
/** Files that a server may open: each connection is one. */
const FILES_MIN = 10_000
/** A certificate should be good for so long, in ms. */
const CERTIFICATE_MS_MIN = 14 * 86_400_000
const CONNECT_MS_MAX = 3_000

/** What can be known without a server. */
export async function lookAtSetting(settings: Settings): Promise<readonly Finding[]> {
  return [
    fine('settings', 'Every ROLLCALL_ variable here is known, and what it should be.'),
    ...(await storeFindings(settings)),
    ...certificateFindings(settings),
    ...openFindings(settings),
    ...fileFindings(),
  ]
}

async function storeFindings({ store, redis }: Settings): Promise<readonly Finding[]> {
  if (store === 'memory:')
    return [doubtful('store', 'It is in memory, and gone with the process.', 'Set ROLLCALL_STORE=file:FOLDER.')]
  if (redis !== null) return redisFindings(redis)
  return folderFindings(resolve(store.slice('file:'.length)))
}

async function folderFindings(folder: string): Promise<readonly Finding[]> {
  const found = await stat(folder).catch(() => null)
  if (found !== null && !found.isDirectory()) return [wrong('store', `${folder} is not a folder.`, 'Set ROLLCALL_STORE to one.')]
  const used = found === null ? await nearest(dirname(folder)) : folder
  const writable = await access(used, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  )
  if (!writable)
    return [wrong('store', `This user may not write to ${used}.`, `chown it, or set ROLLCALL_STORE to another folder.`)]
  const { bavail, bsize, blocks } = await statfs(used)
  const [free, all] = [bavail * bsize, blocks * bsize]
  const room = `${gigabytes(free)} of ${gigabytes(all)} are free`
  const first = fine('store', found === null ? `${folder} will be made at the first start.` : `${folder} can be written.`)
  if (free >= FREE_BYTES_MIN) return [first, fine('disk', `${room}.`)]
  return [first, doubtful('disk', `Only ${room}.`, 'Make room: with none, nothing can be stored; reads go on.')]
}

async function nearest(folder: string): Promise<string> {
  const exists = await stat(folder).catch(() => null)
  return exists !== null || dirname(folder) === folder ? folder : nearest(dirname(folder))
}

async function redisFindings({ hosts, doubts }: RedisSettings): Promise<readonly Finding[]> {
  const found = await Promise.all(hosts.map(hostFinding))
  if (found.every(({ state }) => state === 'wrong')) return found
  try {
    return [...found, ...(await doubts()).map(({ says, remedy }) => doubtful('store', `${says}.`, `${remedy}.`))]
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return [...found, wrong('store', `${error.message}.`, 'A server would not start with it: correct ROLLCALL_STORE, or Redis.')]
  }
}

function hostFinding({ host, port }: RedisSettings['hosts'][number]): Promise<Finding> {
  return new Promise((done) => {
    const socket = connect({ host, port, timeout: CONNECT_MS_MAX })
    const end = (finding: Finding): void => {
      socket.destroy()
      done(finding)
    }
    const nobody = (why: string): void =>
      end(
        wrong(
          'store',
          `Nothing answers at ${host}:${port} (${why}).`,
          'Start Redis or Valkey there, or name another in ROLLCALL_STORE.',
        ),
      )
    socket.once('connect', () => end(fine('store', `${host}:${port} takes connections.`)))
    socket.once('timeout', () => nobody('no answer'))
    socket.once('error', (error: NodeJS.ErrnoException) => nobody(error.code ?? error.message))
  })
}

function certificateFindings({ tls }: Settings): readonly Finding[] {
  if (tls === null) return []
  const certificate = new X509Certificate(readFileSync(tls.cert))
  const left = certificate.validToDate.getTime() - Date.now()
  const says = `The certificate of ${certificate.subject.replaceAll('\n', ', ')} is good until ${certificate.validToDate.toISOString()}.`
  if (left >= CERTIFICATE_MS_MIN) return [fine('tls', says)]
  const remedy = 'Renew it, then send the server a SIGHUP.'
  return [left > 0 ? doubtful('tls', says, remedy) : wrong('tls', says.replace('is good', 'was good'), remedy)]
}

function openFindings({ host, tls, trustedProxies }: Settings): readonly Finding[] {
  const isLocal = host === 'localhost' || host === '::1' || host.startsWith('127.')
  if (isLocal || tls !== null || trustedProxies.length > 0) return []
  const says = `It listens on ${host} without TLS, and knows of no proxy before it: passwords and tokens are sent as they are.`
  return [doubtful('network', says, 'Set ROLLCALL_TLS_CERT and ROLLCALL_TLS_KEY, or name the proxy in ROLLCALL_TRUSTED_PROXIES.')]
}

/** Of this process: a server that is started from here gets the same. */
function fileFindings(): readonly Finding[] {
  const may = filesMax()
  if (may === null) return []
  if (may >= FILES_MIN) return [fine('files', `A process started here may open ${may}.`)]
  return [
    doubtful(
      'files',
      `A process started here may open ${may}; each connection is one.`,
      'ulimit -n 131072, or LimitNOFILE in the unit.',
    ),
  ]
}

function filesMax(): number | null {
  try {
    const found = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
    return found === undefined ? null : Number(found)
  } catch {
    return null
  }
}

const gigabytes = (bytes: number): string => `${(bytes / 1_073_741_824).toFixed(1)} GB`
