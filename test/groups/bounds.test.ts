import { expect, test } from 'vitest'
import type { Ledger, Write } from '../../src/core/ports.ts'
import { encodeUser } from '../../src/directory/userRecord.ts'
import { GROUP_MEMBERS_MAX, GROUPS_MAX } from '../../src/groups/limits.ts'
import { createMemoryLedger } from '../../src/ledgers/memory.ts'
import { expectFailure, keysOf } from '../directory/house.ts'
import { openNode } from './node.ts'

const COMMIT_WRITES = 5_000
const at = 1_700_000_000_000

/** As a node would have written it. */
async function fill(ledger: Ledger, count: number, write: (number: number) => Omit<Write, 'expects'>): Promise<void> {
  for (let from = 0; from < count; from += COMMIT_WRITES) {
    const numbers = Array.from({ length: Math.min(COMMIT_WRITES, count - from) }, (_, i) => from + i)
    await ledger.commit(
      'directory',
      numbers.map((number) => ({ ...write(number), expects: 0 })),
    )
  }
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

const userOf = (id: string) => ({
  id,
  username: id,
  name: id,
  email: null,
  roles: ['user'] as const,
  ids: {},
  bot: false,
  active: true,
  utcOffset: 0,
  timezone: null,
  avatarETag: null,
  createdAt: at,
  updatedAt: at,
  passwordHash: null,
})

test('[V1] there are so many groups at most', async () => {
  const ledger = createMemoryLedger()
  const group = (number: number) => json({ name: `Group ${number}`, createdAt: at, updatedAt: at })
  await fill(ledger, GROUPS_MAX - 1, (number) => ({ key: `group/g${number}`, value: group(number) }))
  const node = await openNode(ledger)
  await node.own.create('The last one', [])
  await expectFailure(node.own.create('One more', []), { code: 'invalid', field: 'name' })
  await node.own.remove('g7')
  await node.own.create('One more', [])
  await node.close()
})

test('[V2, V8] a group has so many members at most; it is taken up in slices, and deleted by one key', {
  timeout: 60_000,
}, async () => {
  const ledger = createMemoryLedger()
  await (await openNode(ledger)).close()
  const idOf = (number: number): string => `u${String(number).padStart(6, '0')}`
  await fill(ledger, GROUP_MEMBERS_MAX + 1, (number) => ({
    key: `user/${idOf(number)}`,
    value: encodeUser(userOf(idOf(number))),
  }))
  await fill(ledger, 1, () => ({ key: 'group/all', value: json({ name: 'All', createdAt: at, updatedAt: at }) }))
  await fill(ledger, GROUP_MEMBERS_MAX - 1, (number) => ({ key: `member/${idOf(number)}`, value: json([['all', at]]) }))
  const node = await openNode(ledger)
  expect(node.own.find('all').members).toBe(GROUP_MEMBERS_MAX - 1)
  await node.own.changeMembers('all', { add: [idOf(GROUP_MEMBERS_MAX - 1)] })
  await expectFailure(node.own.changeMembers('all', { add: [idOf(GROUP_MEMBERS_MAX)] }), { code: 'invalid', field: 'add' })
  await node.own.changeMembers('all', { add: [idOf(GROUP_MEMBERS_MAX)], remove: [idOf(5)] })
  expect(node.own.counts('all').offline).toBe(GROUP_MEMBERS_MAX)
  await node.own.remove('all')
  expect(node.own.list({ after: null, limit: 10 }).items).toEqual([])
  const left = async () => (await keysOf(ledger)).filter((key) => key.startsWith('member/')).length
  for (const began = Date.now(); (await left()) > 0 && Date.now() - began < 40_000; )
    await new Promise((resolve) => setTimeout(resolve, 50))
  expect(await left()).toBe(0)
  await node.close()
})
