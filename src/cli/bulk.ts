import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Command } from 'commander'
import { newFile, readFrom } from './files.ts'
import { type Answer, connect } from './server.ts'
import { example, print } from './terminal.ts'

const HOW = `
A line is like {"username":"anna","name":"Anna A"}. Whoever has that id, else that username, is changed in what the line names;
anybody else is added.
`

export function importUsersCommand(): Command {
  return new Command('import')
    .argument('<file>')
    .description('add and change users, one for each line of JSON; "-" is standard input')
    .option('--json', 'report each line as JSON')
    .addHelpText('after', `${HOW}${example('rollcall user import users.jsonl')}`)
    .action(async (file: string, { json }) => {
      const [server, input] = [await connect(), await readFrom(file)]
      const report = await server.stream('/v1/users:import', {
        method: 'POST',
        headers: { 'Content-Type': 'application/x-ndjson' },
        body: Readable.toWeb(input) as RequestInit['body'] & object,
        duplex: 'half',
      })
      let total: Answer = null
      for await (const line of createInterface({ input: Readable.from(report) })) {
        const outcome: Answer = JSON.parse(line)
        if (outcome.done) total = outcome
        else if (json) print(line)
        else if (outcome.problem) process.stderr.write(`line ${outcome.line}: ${outcome.problem.detail}\n`)
      }
      if (!json && total !== null)
        print(`${total.created} added, ${total.updated} changed, ${total.unchanged} as they were, ${total.refused} refused.`)
      if (total === null || total.refused > 0) process.exitCode = 1
      if (total === null) process.stderr.write('rollcall: the server stopped before the end of the lines.\n')
    })
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
