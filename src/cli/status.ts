import { Command, Option } from 'commander'
import { ACTIVITIES, AVAILABILITIES } from '../core/vocabulary.ts'
import { inWords } from './say.ts'
import { type Answer, connect, type Server } from './server.ts'
import { example, print, printJson } from './terminal.ts'
import { untilOf } from './until.ts'
import { type Wire, wires } from './wires.ts'

export function statusCommand(): Command {
  return new Command('status')
    .description('what a user’s status is, and setting it')
    .addCommand(showCommand(), { isDefault: true })
    .addCommand(setCommand())
    .addCommand(clearCommand())
}

function showCommand(): Command {
  return new Command('show')
    .argument('[user]')
    .description('show what a user’s status is now, by id or username (default: yours); `show` may be left out')
    .option('--wire', 'show what each dialect answers for it, side by side')
    .option('--json', 'answer as JSON')
    .addHelpText('after', example('rollcall status anna --wire'))
    .action(async (user: string | undefined, { wire, json }) => {
      const server = await connect()
      const person = await personOf(server, user)
      if (wire) return showWires(server, person, json)
      tell(person, await server.call('GET', pathOf(person)), json)
    })
}

const UNTIL = '30m, 2h, 1d, 15:00, 2027-01-31 or a time like 2027-01-31T15:00:00Z'

function setCommand(): Command {
  return new Command('set')
    .argument('<availability>', AVAILABILITIES.join(', '))
    .description('set a status: yours, or, where you may, somebody’s')
    .addOption(new Option('--activity <word>', 'a finer word').choices(ACTIVITIES))
    .option('--note <text>', 'a note beside it')
    .option('--emoji <name>', 'an emoji beside the note, like books')
    .option('--until <time>', `when both end: ${UNTIL}`)
    .option('-u, --user <user>', 'whose (default: yours)')
    .option('--json', 'answer as JSON')
    .addHelpText('after', example("rollcall status set busy --note 'Writing' --until 2h", 'rollcall status set online'))
    .action(async (availability: string, { activity, note, emoji, until, user, json }) => {
      const server = await connect()
      const person = await personOf(server, user)
      const ends = until === undefined ? undefined : untilOf(until, new Date())
      let presence = await server.call('PUT', `${pathOf(person)}/availability`, { availability, activity, until: ends })
      if (note !== undefined || emoji !== undefined)
        presence = await server.call('PUT', `${pathOf(person)}/note`, { text: note, emoji, until: ends })
      tell(person, presence, json)
    })
}

function clearCommand(): Command {
  return new Command('clear')
    .description('withdraw the status and the note that were set: what remains shows')
    .option('-u, --user <user>', 'whose (default: yours)')
    .option('--json', 'answer as JSON')
    .addHelpText('after', example('rollcall status clear'))
    .action(async ({ user, json }) => {
      const server = await connect()
      const person = await personOf(server, user)
      await server.call('DELETE', `${pathOf(person)}/note`)
      tell(person, await server.call('DELETE', `${pathOf(person)}/availability`), json)
    })
}

const personOf = (server: Server, user = 'me'): Promise<Answer> => server.call('GET', `/v1/users/${encodeURIComponent(user)}`)
const pathOf = (person: Answer): string => `/v1/presence/${encodeURIComponent(person.id)}`

function tell(person: Answer, presence: Answer, json: boolean): void {
  if (json) printJson(presence)
  else print(inWords(person.username, presence))
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
