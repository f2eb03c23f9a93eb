import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openEmbeddedLedger } from '../../src/ledgers/embedded/ledger.ts'
import { UNREAD_BYTES_MAX } from '../../src/ledgers/shared/channel.ts'
import { until } from '../nodes/trio.ts'
import { openShared } from './shared.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-lost-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const AWAY = { code: 'unavailable', reason: 'ledger_away' }

test('[WK4, L3] the process with the store is killed: commits on their way fail, followers load again, and what was acknowledged is there', async () => {
  const store = join(folder, 'killed')
  const { ledger, holder } = await openShared(store)
  let reloads = 0
  ledger.follow(await ledger.load(() => {}), { commit: () => {}, reload: () => void reloads++ })
  const acknowledged: number[] = []
  const failed: unknown[] = []
  const all = Array.from({ length: 400 }, (_, i) =>
    ledger.commit('facts/0', [{ key: `key ${i}`, value: Buffer.from('x'), expects: 0 }]).then(
      () => {
        acknowledged.push(i)
        if (acknowledged.length === 1) holder.kill('SIGKILL')
      },
      (error: unknown) => void failed.push(error),
    ),
  )
  const late = until(() => acknowledged.length > 0).then(() =>
    Promise.all(
      Array.from({ length: 400 }, () =>
        ledger.commit('facts/1', [{ key: 'late', value: null, expects: 9 }]).catch((error) => failed.push(error)),
      ),
    ),
  )
  await Promise.all([...all, late])
  expect(failed.length).toBeGreaterThan(0)
  for (const error of failed) expect(error).toMatchObject(AWAY)
  expect([reloads, ledger.away()]).toEqual([1, 'the process that has the store is gone'])
  expect(ledger.staleSince?.()).toBeLessThanOrEqual(Date.now())
  await expect(ledger.commit('facts/0', [{ key: 'more', value: null, expects: 0 }])).rejects.toMatchObject(AWAY)
  await expect(ledger.archive.names('facts/0', { limit: 1 })).rejects.toMatchObject(AWAY)
  await expect(ledger.load(() => {})).rejects.toMatchObject(AWAY)
  const left = await openEmbeddedLedger({ folder: store })
  const keys = new Set<string>()
  await left.load(({ key }) => keys.add(key))
  await left.close()
  for (const i of acknowledged) expect(keys).toContain(`key ${i}`)
})

test('[WK10] a process that leaves too much unread is given up', async () => {
  const { channel, holder } = await openShared('memory:')
  const closed = new Promise<void>((resolve) => channel.onClosed(resolve))
  holder.kill('SIGSTOP')
  const frame = Buffer.alloc(1024 * 1024)
  for (let sent = 0; sent <= UNREAD_BYTES_MAX + frame.length; sent += frame.length) channel.pass(frame)
  await closed
  const ended = once(holder, 'exit')
  holder.kill('SIGKILL')
  await ended
})

test('a bug on the other side is told as one, and harms nothing else', async () => {
  const { ledger, channel } = await openShared('memory:')
  await expect(channel.ask('nothing like it')).rejects.toThrow('"nothing like it" is not known')
  expect((await ledger.commit('facts/0', [{ key: 'ann', value: Buffer.from('x'), expects: 0 }])).committed).toBe(true)
  await ledger.close()
})
