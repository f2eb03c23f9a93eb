import { access, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openLedger } from '../../src/ledgers/open.ts'

test('file:FOLDER opens an embedded ledger in a folder that is made when absent', async () => {
  const root = await mkdtemp(join(tmpdir(), 'rollcall-open-'))
  const folder = join(root, 'deep', 'data')
  try {
    const ledger = await openLedger(`file:${folder}`)
    expect([ledger.factsPartitions, ledger.away()]).toEqual([16, null])
    await access(folder)
    await ledger.close()
  } finally {
    await rm(root, { recursive: true })
  }
})

test('memory: opens a ledger that is a new one each time', async () => {
  const [one, other] = [await openLedger('memory:'), await openLedger('memory:', { factsPartitions: 3 })]
  expect(one.epoch).not.toBe(other.epoch)
  expect([one.factsPartitions, other.factsPartitions]).toEqual([16, 3])
})

test.each([
  ['redis://127.0.0.1:1', 'Redis cannot be used at 127.0.0.1:1'],
  ['redis://:secret@a:b', '"a:b" is no HOST:PORT'],
  ['redis://:100%@localhost', 'a "%" in its user or password is written %25'],
  ['redis://:a/b@localhost', 'with %40, %2F, %3A for a @, / or :'],
  ['redis://localhost:99999', '"localhost:99999" is no HOST:PORT'],
  ['redis://localhost?wait=1', '"wait" is not one of its options, which are prefix, master, replicas'],
  ['redis://localhost?replicas=-1', '"replicas" must be a whole number'],
  ['file:', '"file:" names no store; use file:FOLDER'],
  ['./data', '"./data" names no store'],
  ['memory:x', '"memory:x" names no store'],
  ['', '"" names no store'],
])('the store "%s" is refused with words', async (store, words) => {
  await expect(openLedger(store)).rejects.toThrow(words)
})
