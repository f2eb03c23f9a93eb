import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import type { Ledger } from '../../src/core/ports.ts'
import { openEmbeddedLedger } from '../../src/ledgers/embedded/ledger.ts'
import { createMemoryLedger } from '../../src/ledgers/memory.ts'
import { archiveContract } from '../contracts/archive.ts'
import { everyFault, withFaults } from '../contracts/faulty.ts'
import { ledgerContract } from '../contracts/ledger.ts'

const folders: string[] = []

afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true })
})

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-ledger-'))
  folders.push(folder)
  return folder
}

async function openEmbedded(wrap: (ledger: Ledger) => Ledger, entriesAfarMin?: number) {
  const folder = await newFolder()
  const ledger = await openEmbeddedLedger({ folder, factsPartitions: 2, ...(entriesAfarMin !== undefined && { entriesAfarMin }) })
  async function reopen(): Promise<Ledger> {
    await ledger.close()
    return wrap(await openEmbeddedLedger({ folder, ...(entriesAfarMin !== undefined && { entriesAfarMin }) }))
  }
  return { ledger: wrap(ledger), reopen }
}

const asIs = (ledger: Ledger): Ledger => ledger
const faulty = (ledger: Ledger): Ledger => withFaults(ledger, everyFault())
const memory = () => createMemoryLedger({ factsPartitions: 2 })

for (const contract of [ledgerContract, archiveContract]) {
  contract('memory', async () => ({ ledger: memory(), reopen: null, faulty: false }))
  contract('memory behind faults', async () => ({ ledger: faulty(memory()), reopen: null, faulty: true }))
  contract('embedded', async () => ({ ...(await openEmbedded(asIs)), faulty: false }))
  contract('embedded behind faults', async () => ({ ...(await openEmbedded(faulty)), faulty: true }))
}

ledgerContract('embedded, read by a thread', async () => ({ ...(await openEmbedded(asIs, 0)), faulty: false }))
