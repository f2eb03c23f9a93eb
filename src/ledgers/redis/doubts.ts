import type { RedisAddress } from './address.ts'
import { metaKey } from './keys.ts'
import { readFields, readMeta } from './meta.ts'
import { openTalk, type Talk } from './talk.ts'

/** What this is made and tested for. */
const VERSION_MIN = 7

/** A setting of Redis that may lose what was acknowledged, and what to do about it. */
export interface Doubt {
  readonly says: string
  readonly remedy: string
}

/** What a server keeps to itself is not guessed. */
export async function doubtsAbout(talk: Talk, prefix: string): Promise<readonly Doubt[]> {
  const key = metaKey(prefix)
  const info = String(await talk.send(key, ['INFO']))
  const read = (name: string): string => new RegExp(`^${name}:([^\\r\\n]*)`, 'm').exec(info)?.[1] ?? ''
  const [version, policy, isLogged] = [read('redis_version'), read('maxmemory_policy'), read('aof_enabled') !== '0']
  // Whoever runs it for others may forbid the question.
  const [, told] = (await talk.send(key, ['CONFIG', 'GET', 'appendfsync']).catch(() => [])) as readonly Buffer[]
  const fsync = told?.toString() ?? 'always'
  const doubts: Doubt[] = []
  if (Number.parseInt(version, 10) < VERSION_MIN)
    doubts.push({ says: `Redis has version ${version}`, remedy: `use ${VERSION_MIN} or newer` })
  if (policy.startsWith('allkeys'))
    doubts.push({
      says: `Redis throws statuses away when memory is short (${policy})`,
      remedy: 'set maxmemory-policy noeviction',
    })
  if (!isLogged)
    doubts.push({ says: 'Redis may lose what was stored when it ends (appendonly no)', remedy: 'set appendonly yes' })
  else if (fsync !== 'always')
    doubts.push({
      says: `Redis may lose what was stored last in a crash (appendfsync ${fsync})`,
      remedy: 'set appendfsync always',
    })
  return doubts
}

/** Asks as a server that starts would, and changes nothing. Throws Failure, with words, where it could not start. */
export async function lookAtRedis(address: RedisAddress): Promise<readonly Doubt[]> {
  const talk = await openTalk(address)
  try {
    if ((await readFields(talk, address.prefix)).size > 0) await readMeta(talk, address.prefix)
    return await doubtsAbout(talk, address.prefix)
  } finally {
    talk.close()
  }
}
