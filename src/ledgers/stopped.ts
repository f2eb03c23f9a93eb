import { readdir } from 'node:fs/promises'
import { Failure } from '../core/errors.ts'
import { type EmbeddedLedger, openEmbeddedLedger } from './embedded/ledger.ts'
import { type ImportParts, importLines } from './embedded/lines.ts'
import { folderOf } from './open.ts'

/* What is done to a `file:FOLDER` store that nobody has open. All throw Failure, with words, also when a process has it open. */

/** Every entry as JSON lines, each with its line end. */
export async function* exportStore(store: string): AsyncGenerator<string> {
  const ledger = await openExisting(store)
  try {
    yield* ledger.exportLines()
  } finally {
    await ledger.close()
  }
}

/** Brings an export back; a store that is used is only overwritten with `replace`. */
export async function importStore(store: string, parts: Omit<ImportParts, 'folder'>): Promise<void> {
  await importLines({ ...parts, folder: folderOf(store) })
}

/** Copies it into an empty or absent folder. */
export async function backupStore(store: string, folder: string): Promise<void> {
  const ledger = await openExisting(store)
  try {
    await ledger.backup(folder)
  } finally {
    await ledger.close()
  }
}

/** For whoever does more with it; it must be closed. */
export async function openExisting(store: string): Promise<EmbeddedLedger> {
  const folder = folderOf(store)
  const files = await readdir(folder).catch(() => [])
  if (files.length === 0) throw new Failure('not_found', `there is no store in ${folder}`, { field: 'store' })
  return openEmbeddedLedger({ folder })
}
