import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { archiveContract } from '../contracts/archive.ts'
import { ledgerContract } from '../contracts/ledger.ts'
import { openShared } from './shared.ts'

const folders: string[] = []
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true })
})

async function openFolder(how?: 'faulty') {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-shared-'))
  folders.push(folder)
  const { ledger } = await openShared(folder, how)
  async function reopen() {
    await ledger.close()
    return (await openShared(folder, how)).ledger
  }
  return { ledger, reopen, faulty: how === 'faulty' }
}

for (const contract of [ledgerContract, archiveContract]) {
  contract('shared, in a folder', () => openFolder())
  contract('shared, in a folder behind faults', () => openFolder('faulty'))
  contract('shared, in memory', async () => ({ ledger: (await openShared('memory:')).ledger, reopen: null, faulty: false }))
}
