import type { Settings } from '../cli/doctor-setting.ts'
import { readRedisAddress } from '../ledgers/redis/address.ts'
import { readConfig } from './config.ts'
import { readCredentials } from './tls.ts'
import { readTracing } from './tracing-settings.ts'

/** What `rollcall serve` would start with here. Throws Failure for whatever would refuse to start. */
export function readSettings(): Settings {
  const { store, host, tls, trustedProxies } = readConfig(process.env)
  if (tls !== null) readCredentials(tls)
  readTracing(process.env)
  const redisHosts = /^rediss?:/.test(store) ? readRedisAddress(store).hosts : []
  return { store, host, tls, trustedProxies, redisHosts }
}
