import { BlockList, isIP } from 'node:net'
import type { SettingsView } from '../core/accounts.ts'
import { Failure } from '../core/errors.ts'

/** Addresses of a name, as text. Rejects when there are none. */
export type Resolve = (host: string) => Promise<readonly string[]>

/** Where requests may go: to what is public, over https, and to what `webhookHosts` names, over http too. */
export interface Addresses {
  /** The addresses that a request to this URL may be sent to, looked up now. Throws Failure `invalid` with words. */
  check(url: URL): Promise<readonly string[]>
  /** What can be said of a URL without looking anything up. Throws as `check`. */
  assertPlausible(url: URL): void
}

export function createAddresses(settings: SettingsView, resolve: Resolve): Addresses {
  const allowed = createAllowed(settings)

  function mayReach(host: string, address: string, protocol: string): boolean {
    if (allowed().hosts.has(host) || allowed().networks.check(address, familyOf(address))) return true
    return protocol === 'https:' && isPublic(address)
  }

  function assertPlausible(url: URL): void {
    const host = hostOf(url)
    if (url.protocol !== 'https:' && url.protocol !== 'http:') throw refused(`${url.protocol} is not https`)
    if (url.username !== '' || url.password !== '') throw refused('names and passwords do not belong in it')
    if (isIP(host) > 0 && !mayReach(host, host, url.protocol)) throw closed(url, [host])
    const { hosts, networks } = allowed()
    if (url.protocol === 'http:' && !hosts.has(host) && networks.rules.length === 0)
      throw refused(`${host} is told over https only`)
  }

  return {
    assertPlausible,
    async check(url) {
      assertPlausible(url)
      const host = hostOf(url)
      const found = isIP(host) > 0 ? [host] : await resolve(host)
      const open = found.filter((address) => isIP(address) > 0 && mayReach(host, address, url.protocol))
      if (open.length === 0) throw closed(url, found)
      return open
    },
  }
}

/** Networks that are nobody's public host: private, loopback, link-local, shared, documentation, multicast, reserved. */
const CLOSED_IPV4 = networks([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
  // The address at which one cloud's machines ask for what is theirs alone; it looks public.
  '168.63.129.16/32',
])
const GLOBAL_IPV6 = networks(['2000::/3'])
/** Within the global ones: those that wrap IPv4 (6to4, Teredo) and those that are set aside. */
const CLOSED_IPV6 = networks(['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'])

/** Whether an address is a public host's. IPv4 that is mapped or translated into IPv6 never is. */
export function isPublic(address: string): boolean {
  if (isIP(address) === 4) return !CLOSED_IPV4.check(address, 'ipv4')
  return isIP(address) === 6 && GLOBAL_IPV6.check(address, 'ipv6') && !CLOSED_IPV6.check(address, 'ipv6')
}

/** What the setting allows, read again when it changes. */
function createAllowed(settings: SettingsView) {
  let of: readonly string[] | null = null
  let allowed = { hosts: new Set<string>(), networks: new BlockList() }
  return () => {
    const { webhookHosts } = settings.current
    if (of === webhookHosts) return allowed
    of = webhookHosts
    const isNetwork = (entry: string): boolean => isIP(entry.split('/', 1)[0] ?? '') > 0
    allowed = { hosts: new Set(webhookHosts.filter((entry) => !isNetwork(entry))), networks: new BlockList() }
    for (const entry of webhookHosts.filter(isNetwork)) add(allowed.networks, entry)
    return allowed
  }
}

function networks(entries: readonly string[]): BlockList {
  const list = new BlockList()
  for (const entry of entries) add(list, entry)
  return list
}

function add(list: BlockList, entry: string): void {
  const [address = '', bits] = entry.split('/')
  if (bits === undefined) list.addAddress(address, familyOf(address))
  else list.addSubnet(address, Number(bits), familyOf(address))
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4'
}

/** Without the brackets of IPv6 and the full name's last dot. */
const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$|\.$/g, '')

function closed(url: URL, addresses: readonly string[]): Failure {
  const where = `${hostOf(url)} (${addresses.slice(0, 4).join(', ')})`
  if (url.protocol === 'http:' && addresses.some(isPublic)) return refused(`${where} is told over https only`)
  return refused(`${where} is not a public address, and not among the setting webhookHosts`)
}

const refused = (why: string): Failure => new Failure('invalid', `The url is refused: ${why}.`, { field: 'url' })
