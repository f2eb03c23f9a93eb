import type { Archive, Archived } from '../../core/ports.ts'
import { atOf, boundsOf, versionOf } from '../places.ts'
import { keysOf } from './keys.ts'
import type { Script } from './scripts.ts'
import type { Talk } from './talk.ts'

export interface RedisArchiveParts {
  readonly talk: Talk
  readonly prefix: string
  readonly erase: Script
}

/** Series as sorted sets, ordered by their members' bytes. */
export function createRedisArchive({ talk, prefix, erase }: RedisArchiveParts): Archive {
  return {
    async range(partition, name, range) {
      const series = keysOf(prefix, partition).series(name)
      const [first, end] = boundsOf(range)
      const bounds = range.order === 'oldest-first' ? [`[${first}`, `(${end}`] : [`(${end}`, `[${first}`]
      const reverse = range.order === 'oldest-first' ? [] : ['REV']
      const limit = ['LIMIT', '0', String(range.limit)]
      return ((await talk.send(series, ['ZRANGE', series, ...bounds, 'BYLEX', ...reverse, ...limit])) as Buffer[]).map(archivedIn)
    },
    async names(partition, { after, limit }) {
      const { names } = keysOf(prefix, partition)
      const from = after === undefined ? '-' : `(${after}`
      const found = await talk.send(names, ['ZRANGE', names, from, '+', 'BYLEX', 'LIMIT', '0', String(limit)])
      return (found as Buffer[]).map(String)
    },
    async erase(partition, name, before) {
      const { names, series } = keysOf(prefix, partition)
      await erase(
        [names, series(name)],
        [name, before === undefined ? '' : boundsOf({ order: 'oldest-first', from: before, limit: 0 })[0]],
      )
    },
  }
}

const PLACE_LENGTH = 26

function archivedIn(member: Buffer): Archived {
  const place = member.toString('latin1', 0, PLACE_LENGTH)
  return { place, at: atOf(place), version: versionOf(place), value: member.subarray(PLACE_LENGTH + 1) }
}
