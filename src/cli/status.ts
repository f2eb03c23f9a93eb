import { Command } from 'commander'
import { type Answer, connect, type Server } from './server.ts'
import { example, print, printJson } from './terminal.ts'
import { type Wire, wires } from './wires.ts'

export function statusCommand(): Command {
  return new Command('status')
    .argument('[user]')
    .description('show what a user’s status is now, by id or username (default: yours)')
    .option('--wire', 'show what each dialect answers for it, side by side')
    .option('--json', 'answer as JSON')
    .addHelpText('after', example('rollcall status anna --wire'))
    .action(async (user: string | undefined, { wire, json }) => {
      const server = await connect()
      const person = await server.call('GET', `/v1/users/${encodeURIComponent(user ?? 'me')}`)
      if (wire) return showWires(server, person, json)
      const presence = await server.call('GET', `/v1/presence/${encodeURIComponent(person.id)}`)
      if (json) return printJson(presence)
      print(inWords(person.username, presence))
    })
}

/** One line, as a person would say it. Times are as the server tells them. */
function inWords(username: string, { availability, activity, note, until, since }: Answer): string {
  const words = [`${username} is ${availability}`]
  if (activity) words.push(`(${activity.replaceAll('_', ' ')})`)
  words.push(`since ${since}`)
  if (until) words.push(`until ${until}`)
  if (note) words.push(`· ${[note.emoji ? `:${note.emoji}:` : '', note.text ?? ''].filter(Boolean).join(' ')}`)
  if (note?.until) words.push(`until ${note.until}`)
  return words.join(' ')
}

async function showWires(server: Server, person: Answer, json: boolean): Promise<void> {
  const me = await server.call('GET', '/v1/users/me')
  const asked = await Promise.all(wires(me, person).map(async (wire) => ({ wire, ...(await askWire(server, wire)) })))
  if (json) return printJson(Object.fromEntries(asked.map(({ wire, body }) => [wire.dialect, body])))
  for (const { wire, status, body } of asked) {
    print(`${wire.dialect.padEnd(12)} GET ${wire.path}`)
    print(`${String(status).padEnd(12)} ${JSON.stringify(body)}\n`)
  }
}

async function askWire(server: Server, { path, headers }: Wire): Promise<{ status: number; body: unknown }> {
  const response = await server.fetch(path, { headers: headers(server.token ?? '') })
  return { status: response.status, body: await response.json() }
}
