import { readdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { Failure } from '../core/errors.ts'
import type { Ledger } from '../core/ports.ts'
import type { Snapshots } from '../dialects/native/routes-operation.ts'

/** What a ledger may offer beyond its port: copies of itself, taken while it is used. */
type CopyingLedger = Ledger & {
  readonly backup?: (folder: string) => Promise<void>
  readonly exportLines?: () => AsyncIterable<string>
}

/** Copies of the ledger while it runs, as far as this one offers them. Backups lie beside the store. */
export function snapshotsOf(ledger: CopyingLedger, store: string): Snapshots {
  const { backup, exportLines } = ledger
  const beside = dirname(resolve(store.slice(store.indexOf(':') + 1)))
  return {
    exportLines: exportLines ?? null,
    backup: backup
      ? async (name) => {
          const folder = join(beside, name)
          await refuseTaken(folder, name)
          await backup(folder)
          return folder
        }
      : null,
  }
}

async function refuseTaken(folder: string, name: string): Promise<void> {
  const found = await readdir(folder).catch(() => null)
  if (found !== null)
    throw new Failure('conflict', `There is something named ${name} already.`, { reason: 'taken', field: 'name' })
}
