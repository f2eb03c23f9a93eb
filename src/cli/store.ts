import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { pipeline } from 'node:stream/promises'
import { Command } from 'commander'
import { Failure } from '../core/errors.ts'
import { connect } from './server.ts'
import { print } from './terminal.ts'

/** What can be done to a stopped store, by its name (`file:FOLDER`). Given by bin, which knows what stores are. */
export interface StoppedStores {
  exportLines(store: string): AsyncIterable<string>
  importLines(store: string, lines: AsyncIterable<string>, options: { readonly replace: boolean }): Promise<void>
  backup(store: string, folder: string): Promise<void>
  resetAdministrator(store: string, username?: string): Promise<{ readonly username: string; readonly password: string }>
}

const STORE = ['--store <store>', 'a stopped store, like file:./data; without it, the running server is asked'] as const

export function exportCommand(stores: StoppedStores): Command {
  return new Command('export')
    .argument('[file]')
    .description('write everything that is known as JSON lines (default: to standard output)')
    .option(...STORE)
    .action(async (file: string | undefined, { store }: { store?: string }) => {
      const lines = store === undefined ? await exportOfServer() : stores.exportLines(store)
      if (file === undefined) return pipeline(lines, process.stdout, { end: false })
      await using target = await open(file, 'wx', 0o600).catch(refuseTaken(file))
      for await (const line of lines) await target.write(Buffer.from(line))
      await target.sync()
    })
}

export function importCommand(stores: StoppedStores): Command {
  return new Command('import')
    .argument('<file>')
    .description('bring an export back into a stopped store; "-" is standard input')
    .requiredOption('--store <store>', 'a stopped store, like file:./data; made when there is none')
    .option('--replace', 'throw away what the store holds')
    .action(async (file: string, { store, replace = false }) => {
      const input = file === '-' ? process.stdin : createReadStream(file)
      await stores.importLines(store, createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY }), { replace })
      print(`Imported into ${store}.`)
    })
}

export function backupCommand(stores: StoppedStores): Command {
  return new Command('backup')
    .argument('<name>')
    .description(
      'copy the store: a running server makes a folder of that name beside its own; a stopped one is copied to that path',
    )
    .option(...STORE)
    .action(async (name: string, { store }: { store?: string }) => {
      if (store === undefined) return print((await (await connect()).call('POST', '/v1/backup', { name })).folder)
      await stores.backup(store, name)
      print(name)
    })
}

export function adminCommand(stores: StoppedStores): Command {
  const command = new Command('admin').description('the administrator of a stopped store')
  command
    .command('reset')
    .description('give an administrator a new password, printed once')
    .requiredOption('--store <store>', 'a stopped store, like file:./data')
    .option('-u, --username <name>', 'which one (default: admin)')
    .action(async ({ store, username }) => {
      const made = await stores.resetAdministrator(store, username)
      print(`username  ${made.username}\npassword  ${made.password}`)
    })
  return command
}

async function exportOfServer(): Promise<AsyncIterable<Uint8Array>> {
  const response = await (await connect()).fetch('/v1/export')
  if (response.ok && response.body !== null) return response.body
  const { detail } = (await response.json()) as { detail: string }
  throw new Failure('invalid', detail)
}

const refuseTaken =
  (file: string) =>
  (error: NodeJS.ErrnoException): never => {
    throw error.code === 'EEXIST' ? new Failure('conflict', `${file} is there already; name another file.`) : error
  }
