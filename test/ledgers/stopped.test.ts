import { access, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openLedger } from '../../src/ledgers/open.ts'
import { backupStore, exportStore, importStore } from '../../src/ledgers/stopped.ts'

let root = ''
const storeAt = (name: string): string => `file:${join(root, name)}`

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'rollcall-stopped-'))
  const ledger = await openLedger(storeAt('first'))
  await ledger.commit('directory', [{ key: 'ann', value: Buffer.from('here'), expects: 0 }])
  await ledger.close()
})

afterAll(async () => {
  await rm(root, { recursive: true })
})

async function keysOf(store: string): Promise<readonly string[]> {
  const ledger = await openLedger(store)
  const keys: string[] = []
  await ledger.load(({ key }) => keys.push(key))
  await ledger.close()
  return keys
}

test('a stopped store is exported, imported into another, and backed up', async () => {
  await importStore(storeAt('second'), { lines: exportStore(storeAt('first')) })
  await backupStore(storeAt('second'), join(root, 'third'))
  expect(await keysOf(storeAt('second'))).toEqual(['ann'])
  expect(await keysOf(storeAt('third'))).toEqual(['ann'])
})

test('a store that is not there is neither exported nor made', async () => {
  await expect(exportStore(storeAt('absent')).next()).rejects.toThrow('there is no store')
  await expect(backupStore(storeAt('absent'), join(root, 'copy'))).rejects.toThrow('there is no store')
  await expect(access(join(root, 'absent'))).rejects.toThrow()
})

test('[L6] a store that is open is refused, and told who has it open', async () => {
  const ledger = await openLedger(storeAt('first'))
  await expect(exportStore(storeAt('first')).next()).rejects.toThrow(`held by process ${process.pid}`)
  await expect(importStore(storeAt('first'), { lines: exportStore(storeAt('second')) })).rejects.toThrow(
    `held by process ${process.pid}`,
  )
  expect((await ledger.commit('directory', [{ key: 'bob', value: null, expects: 0 }])).committed).toBe(true)
  await ledger.close()
})
