import { isIP } from 'node:net'
import { Failure } from '../core/errors.ts'
import type { MetricsReaders } from '../dialects/native/routes-metrics.ts'
import type { TlsFiles } from './tls.ts'

/** All that is decided before the server starts. */
export interface Config {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** `file:FOLDER`, `memory:` or `redis://…`. */
  readonly store: string
  /** How many processes serve. */
  readonly workers: number
  /** This node's name among those of one Redis; null: made of machine and port. */
  readonly node: string | null
  /** How long the other nodes believe in one without news, in ms. */
  readonly leaseMs: number
  /** How long sessions of a node that was restarted, or is gone, wait for their users, in ms. */
  readonly restartGraceMs: number
  readonly administrator: { readonly username?: string; readonly password?: string }
  readonly rateLimit: boolean
  readonly log: LogForm
  readonly logLevel: LogLevel
  readonly metrics: MetricsReaders
  /** Null: plain HTTP. */
  readonly tls: TlsFiles | null
  /** Addresses or networks whose X-Forwarded headers are believed. */
  readonly trustedProxies: readonly string[]
}

export type LogForm = (typeof LOG_FORMS)[number]
const LOG_FORMS = ['json', 'pretty', 'off'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]
const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const
const METRICS_READERS = ['loopback', 'token', 'open', 'off'] as const satisfies readonly MetricsReaders[]

/** The settings of `serve`: `ROLLCALL_NAME` in the environment, `--name` as a flag. A flag beats the environment. */
export const VARIABLES = {
  ROLLCALL_HOST: 'address to listen on (default 127.0.0.1)',
  ROLLCALL_PORT: 'port to listen on, 0 for any free one (default 4600)',
  ROLLCALL_STORE: 'where facts live: file:FOLDER, memory: or redis://HOST:PORT (default file:./data)',
  ROLLCALL_WORKERS: 'how many processes serve, each with a core of its own (default 1)',
  ROLLCALL_NODE: 'name of this node, where several share a Redis (default: machine and port)',
  ROLLCALL_LEASE_MS: 'how long nodes believe in one that is silent, in ms, the same on all (default 10000)',
  ROLLCALL_RESTART_GRACE_MS: 'how long sessions outlive their node, in ms, the same on all (default 60000)',
  ROLLCALL_ADMIN_USERNAME: 'first administrator of an empty store (default admin)',
  ROLLCALL_ADMIN_PASSWORD: 'password of the first administrator (default: generated and printed once)',
  ROLLCALL_RATE_LIMIT: 'request limits: on or off (default on)',
  ROLLCALL_LOG: 'log on standard error: json, pretty or off (default json)',
  ROLLCALL_LOG_LEVEL: 'the least that is logged: debug, info, warn or error (default info)',
  ROLLCALL_METRICS: 'who reads /metrics without a token: loopback, token (nobody), open (anybody) or off (default loopback)',
  ROLLCALL_TLS_CERT: 'certificate with its chain, a PEM file: serve https (default none)',
  ROLLCALL_TLS_KEY: 'key of that certificate, a PEM file',
  ROLLCALL_TRUSTED_PROXIES: 'addresses or networks of proxies to believe, separated by commas (default none)',
} as const
export type Variable = keyof typeof VARIABLES

/** Each worker has everything in its own memory; beyond so many, processes are not what is scarce. */
export const WORKERS_MAX = 64

/** Variables of the other commands, which a server may find in its environment as well. */
const OF_OTHER_COMMANDS: ReadonlySet<string> = new Set(['ROLLCALL_URL', 'ROLLCALL_TOKEN'])

/** `ROLLCALL_ADMIN_USERNAME` is `--admin-username`. */
export function flagOf(variable: Variable): string {
  return `--${variable.slice('ROLLCALL_'.length).toLowerCase().replaceAll('_', '-')}`
}

/** Reads environment and flags (both by variable name). Throws Failure `invalid` that says what would be right. */
export function readConfig(
  environment: Readonly<Record<string, string | undefined>>,
  flags: Partial<Record<Variable, string>> = {},
): Config {
  refuseUnknown(environment)
  const given = (variable: Variable): string | undefined => flags[variable] ?? environment[variable]
  const read = <T>(variable: Variable, fallback: string, parse: (text: string) => T | null, right: string): T => {
    const text = given(variable) ?? fallback
    const value = parse(text)
    if (value === null) throw malformed(variable, `(or ${flagOf(variable)}) is "${withoutPassword(text)}", but must be ${right}`)
    return value
  }
  return {
    host: read('ROLLCALL_HOST', '127.0.0.1', hostOf, 'an address or a host name, like 127.0.0.1'),
    port: read('ROLLCALL_PORT', '4600', portOf, 'a whole number from 0 to 65535'),
    store: read('ROLLCALL_STORE', 'file:./data', storeOf, 'file:FOLDER, memory: or redis://HOST:PORT'),
    workers: read('ROLLCALL_WORKERS', '1', wholeIn(1, WORKERS_MAX), `a whole number from 1 to ${WORKERS_MAX}`),
    node:
      given('ROLLCALL_NODE') === undefined
        ? null
        : read('ROLLCALL_NODE', '', nodeOf, 'a name of 1 to 64 letters, digits, and . _ -'),
    leaseMs: read('ROLLCALL_LEASE_MS', '10000', wholeIn(500, 60_000), 'a whole number from 500 to 60000'),
    restartGraceMs: read('ROLLCALL_RESTART_GRACE_MS', '60000', wholeIn(0, 600_000), 'a whole number from 0 to 600000'),
    administrator: {
      ...(given('ROLLCALL_ADMIN_USERNAME') !== undefined && {
        username: read('ROLLCALL_ADMIN_USERNAME', '', nameOf, 'a username: 1 to 64 characters without spaces'),
      }),
      ...(given('ROLLCALL_ADMIN_PASSWORD') !== undefined && {
        password: readPassword(given('ROLLCALL_ADMIN_PASSWORD') ?? ''),
      }),
    },
    rateLimit: read('ROLLCALL_RATE_LIMIT', 'on', oneOf(['on', 'off']), 'on or off') === 'on',
    log: read('ROLLCALL_LOG', 'json', oneOf(LOG_FORMS), 'json, pretty or off'),
    logLevel: read('ROLLCALL_LOG_LEVEL', 'info', oneOf(LOG_LEVELS), 'debug, info, warn or error'),
    metrics: read('ROLLCALL_METRICS', 'loopback', oneOf(METRICS_READERS), 'loopback, token, open or off'),
    tls: tlsOf(given('ROLLCALL_TLS_CERT'), given('ROLLCALL_TLS_KEY')),
    trustedProxies: read('ROLLCALL_TRUSTED_PROXIES', NONE, proxiesOf, 'addresses or networks, like 10.0.0.1,192.168.0.0/16'),
  }
}

const NONE = 'none'

function refuseUnknown(environment: Readonly<Record<string, string | undefined>>): void {
  for (const name of Object.keys(environment)) {
    if (!name.startsWith('ROLLCALL_') || name in VARIABLES || OF_OTHER_COMMANDS.has(name)) continue
    throw malformed(name, `is not a setting of rollcall; there are ${Object.keys(VARIABLES).join(', ')}`)
  }
}

const malformed = (field: string, what: string): Failure =>
  new Failure('invalid', `${field} ${what}.`, { reason: 'malformed', field })

/** An address as it may be shown: whoever reads it need not know what stands before the `@`. */
export const withoutPassword = (address: string): string => address.replace(/^(?!file:)([a-z]*:?\/*).*@/i, '$1…@')

/** Never repeats the password. */
function readPassword(text: string): string {
  const bytes = Buffer.byteLength(text)
  if (bytes >= 1 && bytes <= 1024) return text
  throw malformed('ROLLCALL_ADMIN_PASSWORD', `has ${bytes} bytes, but must have 1 to 1024`)
}

function tlsOf(cert: string | undefined, key: string | undefined): TlsFiles | null {
  if (cert === undefined && key === undefined) return null
  if (cert && key) return { cert, key }
  throw malformed(cert ? 'ROLLCALL_TLS_KEY' : 'ROLLCALL_TLS_CERT', 'is not given, but certificate and key belong together')
}

const hostOf = (text: string): string | null => (/^[A-Za-z0-9.:_%-]{1,255}$/.test(text) ? text : null)

const portOf = (text: string): number | null => (/^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : null)

const storeOf = (text: string): string | null => (/^(file:.+|memory:|rediss?:\/\/.+)$/.test(text) ? text : null)

const nodeOf = (text: string): string | null => (/^[A-Za-z0-9._-]{1,64}$/.test(text) ? text : null)

const wholeIn =
  (least: number, most: number) =>
  (text: string): number | null =>
    /^\d{1,9}$/.test(text) && Number(text) >= least && Number(text) <= most ? Number(text) : null

const nameOf = (text: string): string | null => (/^\S{1,64}$/.test(text) ? text : null)

const oneOf =
  <T extends string>(words: readonly T[]) =>
  (text: string): T | null =>
    words.find((word) => word === text) ?? null

function proxiesOf(text: string): readonly string[] | null {
  if (text === NONE) return []
  const proxies = text.split(',').map((proxy) => proxy.trim())
  return proxies.every(isNetwork) ? proxies : null
}

function isNetwork(text: string): boolean {
  if (text === 'loopback' || text === 'linklocal' || text === 'uniquelocal') return true
  const [address = '', bits, ...more] = text.split('/')
  const version = isIP(address)
  if (version === 0 || more.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
}
