import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Command, Option } from 'commander'
import { Failure } from '../core/errors.ts'
import { newFile, readFrom } from './files.ts'
import { importPeople } from './people/importing.ts'
import { peopleIn, SOURCES } from './people/lists.ts'
import { reportPeople } from './people/report.ts'
import { createProgress } from './progress.ts'
import { type Answer, connect, type Server } from './server.ts'
import { example, print } from './terminal.ts'

const HOW = `
A line is like {"username":"anna","name":"Anna A"}. Whoever has that id, else that username, is changed in what the line names;
anybody else is added.

With --from the file is a list of another product: a bulk export, the users of its API, or the rows or documents of its users as
JSON; associates also as CSV; csv has a header with username, name, email, …. Whoever is here already is found by that product's id,
then by a verified e-mail address, then by the username, and gets that id; what is known here is not overwritten. Who could be two
people is listed, and left alone. Run again, it changes nothing. Nobody becomes an administrator.
`

export function importUsersCommand(): Command {
  return new Command('import')
    .argument('<file>')
    .description('add and change users, one for each line of JSON; "-" is standard input')
    .addOption(new Option('--from <product>', 'the file is a list of this product').choices(SOURCES))
    .option('--dry-run', 'with --from: only say what would be done')
    .option('--links', 'with --from: for whoever comes without a password, make a link to set one, and print it')
    .option('--renumber', 'with --from: whoever holds the number of an associate here gets another')
    .option('--json', 'report each line as JSON')
    .addHelpText(
      'after',
      `${HOW}${example('rollcall user import users.jsonl', 'rollcall user import --from mattermost list.jsonl')}`,
    )
    .action(async (file: string, { from, dryRun = false, links = false, renumber = false, json = false }) => {
      const [server, input] = [await connect(), await readFrom(file)]
      if (from !== undefined) {
        const outcomes = importPeople({ server, people: peopleIn(from, input), dryRun, links, renumber })
        return reportPeople(outcomes, { json })
      }
      if (dryRun || links || renumber) throw new Failure('invalid', 'This is for lists of other products: say whose with --from.')
      await importLines(server, input, json)
    })
}

async function importLines(server: Server, input: Readable, json: boolean): Promise<void> {
  const report = await server.stream('/v1/users:import', {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-ndjson' },
    body: Readable.toWeb(input) as RequestInit['body'] & object,
    duplex: 'half',
  })
  const progress = createProgress()
  let total: Answer = null
  for await (const line of createInterface({ input: Readable.from(report) })) {
    const outcome: Answer = JSON.parse(line)
    if (outcome.done) total = outcome
    else progress.tell('lines', outcome.line, null)
    if (json && !outcome.done) print(line)
    else if (outcome.problem) process.stderr.write(`line ${outcome.line}: ${outcome.problem.detail}\n`)
  }
  progress.end()
  if (!json && total !== null)
    print(`${total.created} added, ${total.updated} changed, ${total.unchanged} as they were, ${total.refused} refused.`)
  if (total === null || total.refused > 0) process.exitCode = 1
  if (total === null) process.stderr.write('rollcall: the server stopped before the end of the lines.\n')
}

export function exportUsersCommand(): Command {
  return new Command('export')
    .argument('[file]')
    .description('write all users as lines that `user import` takes, without passwords, to a new file or to standard output')
    .addHelpText('after', example('rollcall user export everybody.jsonl'))
    .action(async (file?: string) => {
      const lines = await (await connect()).stream('/v1/users:export')
      if (file === undefined) return pipeline(lines, process.stdout, { end: false })
      await using target = await newFile(file)
      for await (const piece of lines) await target.write(piece)
      await target.sync()
    })
}
