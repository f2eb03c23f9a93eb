import { Failure } from '../../core/errors.ts'

/** Where a Redis or Valkey is, and how it is to be used. */
export interface RedisAddress {
  /** One server, some of a cluster's, or the sentinels. */
  readonly hosts: readonly { readonly host: string; readonly port: number }[]
  readonly tls: boolean
  readonly username: string | undefined
  readonly password: string | undefined
  readonly database: number
  /** What all keys begin with. */
  readonly prefix: string
  /** The name by which sentinels know the primary; null: the only one they watch. */
  readonly master: string | null
  /** How many replicas must hold a commit before it is acknowledged. */
  readonly replicas: number
}

const URL_FORM = /^(rediss?):\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^/?@]+)(?:\/(\d*))?(?:\?(.*))?$/
const HOST_FORM = /^(\[[0-9a-fA-F:]+\]|[^:[\]]+)(?::(\d{1,5}))?$/
const PORT = 6379
const OPTIONS = ['prefix', 'master', 'replicas']

/** Reads `redis[s]://[USER[:PASSWORD]@]HOST[:PORT][,HOST[:PORT]…][/DATABASE][?prefix=…&master=…&replicas=N]`. Throws Failure, with words. */
export function readRedisAddress(store: string): RedisAddress {
  const [, scheme, username, password, hosts = '', database, query] = URL_FORM.exec(store) ?? []
  const options = new URLSearchParams(query)
  const unknown = [...options.keys()].find((name) => !OPTIONS.includes(name))
  const replicas = Number(options.get('replicas') ?? 0)
  if (scheme === undefined)
    throw refused('it should look like redis://HOST:PORT, with %40, %2F, %3A for a @, / or : in a user or password')
  if (unknown !== undefined) throw refused(`"${unknown}" is not one of its options, which are ${OPTIONS.join(', ')}`)
  if (!Number.isInteger(replicas) || replicas < 0) throw refused('"replicas" must be a whole number')
  return {
    hosts: hosts.split(',').map(readHost),
    tls: scheme === 'rediss',
    username: username ? decoded(username) : undefined,
    password: password ? decoded(password) : undefined,
    database: Number(database || 0),
    prefix: options.get('prefix') ?? 'rollcall',
    master: options.get('master'),
    replicas,
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw refused('a "%" in its user or password is written %25')
  }
}

function readHost(text: string): { readonly host: string; readonly port: number } {
  const [, host, port = String(PORT)] = HOST_FORM.exec(text) ?? []
  if (host === undefined || Number(port) > 65_535) throw refused(`"${text}" is no HOST:PORT`)
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) }
}

/** The password stays out of what is said. */
const refused = (why: string): Failure =>
  new Failure('invalid', `the address of Redis cannot be used: ${why}`, { field: 'store' })
