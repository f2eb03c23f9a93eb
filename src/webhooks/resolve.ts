import { Resolver } from 'node:dns/promises'
import type { Resolve } from './addresses.ts'

/** How long one DNS server has for an answer, in ms, and how often it is asked. */
const ANSWER_MS_MAX = 2_000
const TRIES = 2

/**
 * Asks DNS servers, those of the machine when none are named (`127.0.0.1:53`), for both kinds of addresses. The platform's
 * own look-up would block the threads that the store and passwords need; so hosts files and search domains are not read.
 */
export function createResolve(servers?: readonly string[]): Resolve {
  const resolver = new Resolver({ timeout: ANSWER_MS_MAX, tries: TRIES })
  if (servers !== undefined) resolver.setServers(servers)
  return async (host) => {
    if (host === 'localhost' || host.endsWith('.localhost')) return ['127.0.0.1', '::1']
    const [ipv4, ipv6] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)])
    const found = [ipv4, ipv6].flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
    if (found.length === 0 && ipv4.status === 'rejected') throw ipv4.reason
    return found
  }
}
