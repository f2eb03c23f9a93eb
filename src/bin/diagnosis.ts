import type { Settings } from '../cli/doctor-setting.ts'
import { isRedis } from '../ledgers/open.ts'
import { readRedisAddress } from '../ledgers/redis/address.ts'
import { readConfig } from './config.ts'
import { readCredentials } from './tls.ts'
import { readTracing } from './tracing-settings.ts'

/** What `rollcall serve` would start with here. Throws Failure for whatever would refuse to start. */
export function readSettings(): Settings {
  const { store, host, tls, trustedProxies } = readConfig(process.env)
  if (tls !== null) readCredentials(tls)
  readTracing(process.env)
  return { store, host, tls, trustedProxies, redis: isRedis(store) ? redisAt(store) : null }
}

function redisAt(store: string): Settings['redis'] {
  const address = readRedisAddress(store)
  return {
    hosts: address.hosts,
    async doubts() {
      // Its client takes a while to load.
      const { lookAtRedis } = await import('../ledgers/redis/doubts.ts')
      return lookAtRedis(address)
    },
  }
}
