import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Commit } from '../../src/core/ports.ts'
import { createFeed } from '../../src/ledgers/feed.ts'

const commitOf = (version: number, bytes = 1): Commit => ({
  partition: 'directory',
  version,
  writes: [{ key: 'ann', value: Buffer.alloc(bytes) }],
})

async function heardBy(feed: ReturnType<typeof createFeed>, directory: number): Promise<readonly (number | 'reload')[]> {
  const heard: (number | 'reload')[] = []
  feed.follow({ directory }, { commit: ({ version }) => void heard.push(version), reload: () => void heard.push('reload') })
  await setImmediate()
  return heard
}

test('[L4] the history holds as many commits, and as many bytes, as it may; who needs more reloads', async () => {
  const feed = createFeed({ positions: new Map([['directory', 5]]), commitsMax: 4, bytesMax: 1000 })
  for (let version = 6; version <= 12; version++) feed.publish(commitOf(version))
  expect(await heardBy(feed, 8)).toEqual([9, 10, 11, 12])
  expect(await heardBy(feed, 7)).toEqual(['reload'])
  feed.publish(commitOf(13, 900))
  expect(await heardBy(feed, 9)).toEqual([10, 11, 12, 13])
  feed.publish(commitOf(14, 900))
  expect(await heardBy(feed, 13)).toEqual([14])
  expect(await heardBy(feed, 12)).toEqual(['reload'])
  expect(await heardBy(feed, 14)).toEqual([])
})

test('[L4] a commit made while another is being told comes after it, for every follower', async () => {
  const feed = createFeed({ positions: new Map([['directory', 0]]) })
  const heard: string[] = []
  const tell = (name: string) => (commit: Commit) => {
    heard.push(`${name} ${commit.version}`)
    if (name === 'one' && commit.version === 1) feed.publish(commitOf(2))
  }
  for (const name of ['one', 'other'])
    feed.follow({ directory: 0 }, { commit: tell(name), reload: () => void heard.push('reload') })
  feed.publish(commitOf(1))
  await setImmediate()
  expect(heard.filter((told) => told.startsWith('one'))).toEqual(['one 1', 'one 2'])
  expect(heard.filter((told) => told.startsWith('other'))).toEqual(['other 1', 'other 2'])
})

test('[L4] what was lost sight of makes everyone reload, and starts anew', async () => {
  const feed = createFeed({ positions: new Map([['directory', 0]]) })
  const heard: (number | 'reload')[] = []
  feed.follow({ directory: 0 }, { commit: ({ version }) => void heard.push(version), reload: () => void heard.push('reload') })
  feed.publish(commitOf(1))
  feed.lose(new Map([['directory', 4]]))
  feed.publish(commitOf(5))
  expect(heard).toEqual([1, 'reload'])
  expect(await heardBy(feed, 4)).toEqual([5])
  expect(await heardBy(feed, 1)).toEqual(['reload'])
})
