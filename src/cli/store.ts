import { createInterface } from 'node:readline'
import { pipeline } from 'node:stream/promises'
import { Command } from 'commander'
import { Failure } from '../core/errors.ts'
import { newFile, readFrom } from './files.ts'
import { createProgress } from './progress.ts'
import { connect } from './server.ts'
import { example, printAs } from './terminal.ts'

/** What can be done to a stopped store, by its name (`file:FOLDER`, and where it says so `redis://…`). Given by bin, which knows what stores are. */
export interface StoppedStores {
  exportLines(store: string): AsyncIterable<string>
  importLines(store: string, lines: AsyncIterable<string>, options: { readonly replace: boolean }): Promise<void>
  backup(store: string, folder: string): Promise<void>
  /** Answers how many records were brought over, and compared. */
  migrate(
    from: string,
    to: string,
    options: {
      readonly replace: boolean
      readonly onProgress: (progress: { readonly doing: string; readonly done: number; readonly of: number }) => void
    },
  ): Promise<number>
  resetAdministrator(store: string, username?: string): Promise<{ readonly username: string; readonly password: string }>
}

const STORE = [
  '--store <store>',
  'the store of a stopped server, like file:./data (default: the running server is asked)',
] as const

const PATH_OF_RUNNING = 'A running server puts its backup beside its own store: give a name, not a path.'

export function exportCommand(stores: StoppedStores): Command {
  return new Command('export')
    .argument('[file]')
    .description('write everything that is known as JSON lines, to a new file or to standard output')
    .option(...STORE)
    .addHelpText('after', example('rollcall export everything.jsonl', 'rollcall export --store file:./data > everything.jsonl'))
    .action(async (file: string | undefined, { store }: { store?: string }) => {
      const lines = store === undefined ? await (await connect()).stream('/v1/export') : stores.exportLines(store)
      if (file === undefined) return pipeline(lines, process.stdout, { end: false })
      await using target = await newFile(file)
      const progress = createProgress()
      let bytes = 0
      for await (const line of lines) {
        bytes += (await target.write(Buffer.from(line))).bytesWritten
        progress.tell('bytes written', bytes, null)
      }
      await target.sync()
      progress.end()
    })
}

export function importCommand(stores: StoppedStores): Command {
  return new Command('import')
    .argument('<file>')
    .description('bring an export back into the store of a stopped server; "-" is standard input')
    .requiredOption('--store <store>', 'the store of a stopped server, like file:./data or redis://HOST; made when there is none')
    .option('--replace', 'throw away what the store holds; without it a used store is refused')
    .option('--json', 'answer as JSON')
    .addHelpText('after', example('rollcall import everything.jsonl --store file:./restored'))
    .action(async (file: string, { store, replace = false, json }) => {
      const input = await readFrom(file)
      await stores.importLines(store, createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY }), { replace })
      printAs(json, { store }, 'Imported. Start the servers with it.')
    })
}

export function migrateCommand(stores: StoppedStores): Command {
  return new Command('migrate')
    .argument('<from>', 'the store of stopped servers, like file:./data')
    .argument('<to>', 'one that is not used yet, like redis://127.0.0.1')
    .description('bring everything from one store to another, and compare each record there; run again it goes on where it was')
    .option('--replace', 'throw away what the target holds; without it a used one is refused')
    .option('--json', 'answer as JSON')
    .addHelpText('after', example('rollcall migrate file:./data file:./moved', 'rollcall migrate file:./data "$REDIS"'))
    .action(async (from: string, to: string, { replace = false, json }) => {
      const progress = createProgress()
      const onProgress = ({ doing, done, of }: { doing: string; done: number; of: number }) => progress.tell(doing, done, of)
      const records = await stores.migrate(from, to, { replace, onProgress }).finally(progress.end)
      const words = `${records.toLocaleString('en')} records are in the new store, each compared. Start the servers with it.`
      printAs(json, { records }, words)
    })
}

export function backupCommand(stores: StoppedStores): Command {
  return new Command('backup')
    .argument('<name>')
    .description(
      'copy the store: a running server makes a folder of that name beside its own; a stopped one is copied to that path',
    )
    .option(...STORE)
    .option('--json', 'answer as JSON')
    .addHelpText('after', example('rollcall backup monday', 'rollcall backup --store file:./data ./tuesday'))
    .action(async (name: string, { store, json }: { store?: string; json?: boolean }) => {
      if (store === undefined) {
        if (/[/\\]/.test(name)) throw new Failure('invalid', PATH_OF_RUNNING)
        const { folder } = await (await connect()).call('POST', '/v1/backup', { name })
        return printAs(json, { folder }, folder)
      }
      await stores.backup(store, name)
      printAs(json, { folder: name }, name)
    })
}

export function adminCommand(stores: StoppedStores): Command {
  const command = new Command('admin').description('the administrator in the store of a stopped server')
  command
    .command('reset')
    .description('give an administrator a new password, printed once')
    .requiredOption('--store <store>', 'the store of a stopped server, like file:./data')
    .option('-u, --username <name>', 'which one (default: admin)')
    .option('--json', 'answer as JSON')
    .addHelpText('after', example('rollcall admin reset --store file:./data'))
    .action(async ({ store, username, json }) => {
      const made = await stores.resetAdministrator(store, username)
      printAs(json, made, `username  ${made.username}\npassword  ${made.password}`)
    })
  return command
}
