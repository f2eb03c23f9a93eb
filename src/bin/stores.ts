import { randomBytes } from 'node:crypto'
import type { StoppedStores } from '../cli/store.ts'
import { createDirectory } from '../directory/directory.ts'
import { audit } from '../history/audit.ts'
import { migrateStore } from '../ledgers/migrate.ts'
import { backupStore, exportStore, importStore, openExisting } from '../ledgers/stopped.ts'
import { idSpaces } from './id-spaces.ts'
import { createLog } from './log.ts'

/** What the command line can do to a store that no server holds. */
export const stoppedStores: StoppedStores = {
  exportLines: exportStore,
  importLines: (store, lines, options) => importStore(store, { lines, ...options }),
  backup: backupStore,
  migrate: (from, to, options) => migrateStore({ from, to, ...options }),
  async resetAdministrator(store, username) {
    await using stack = new AsyncDisposableStack()
    const log = createLog({ form: 'pretty' })
    const ledger = stack.adopt(await openExisting(store), (opened) => opened.close())
    const directory = stack.adopt(createDirectory({ ledger, idSpaces, random: randomBytes, log, audit }), (made) => made.close())
    const positions = await ledger.load((entry) => {
      if (entry.partition === 'directory') directory.apply(entry)
    })
    directory.loaded(positions)
    return await directory.resetAdministrator(username)
  },
}
