import { createInterface } from 'node:readline'
import { Command } from 'commander'
import { Failure } from '../core/errors.ts'
import { readFrom } from './files.ts'
import { type Answer, connect, type Server } from './server.ts'
import { askSecret, example, print, printJson, printTable } from './terminal.ts'

const PAGE_USERS = 1000
const ASKED = '\nPasswords are asked for, or read from standard input, one a line: for your own first the current one.\n'

export function userCommand(): Command {
  return new Command('user')
    .description('users of the workspace')
    .addCommand(addCommand())
    .addCommand(listCommand())
    .addCommand(importCommand())
    .addCommand(passwordCommand())
}

function addCommand(): Command {
  return new Command('add')
    .argument('<username>')
    .description('add a user, and say their ids')
    .option('--name <name>', 'full name')
    .option('--email <address>', 'e-mail address')
    .option('--role <role...>', 'admin, user, bot or guest')
    .option('--id <id>', 'the id that the user is to keep')
    .option('--bot', 'a program, not a person')
    .option('--password', 'ask for a password, or read it from standard input')
    .option('--json', 'answer as JSON')
    .addHelpText('after', example("rollcall user add anna --name 'Anna A' --email anna@example.org --password"))
    .action(async (username: string, { name, email, role, id, bot, password, json }) => {
      const secret = password ? await askSecret('Password: ') : undefined
      const wanted = { username, name, email, roles: role, id, bot, password: secret }
      const user = await (await connect()).call('POST', '/v1/users', wanted)
      if (json) return printJson(user)
      print(`Added ${user.username} (${user.id}).`)
      for (const [space, known] of Object.entries(user.ids)) print(`  ${space} id  ${String(known)}`)
    })
}

function listCommand(): Command {
  return new Command('list')
    .description('list all users')
    .option('--json', 'answer as JSON lines')
    .addHelpText('after', example('rollcall user list'))
    .action(async ({ json }) => {
      const rows = [['USERNAME', 'ID', 'ROLES', 'ACTIVE', 'NAME']]
      for await (const user of everyone(await connect())) {
        if (json) print(JSON.stringify(user))
        else rows.push([user.username, user.id, user.roles.join(','), user.active ? 'yes' : 'no', user.name])
      }
      if (!json) printTable(rows)
    })
}

function importCommand(): Command {
  return new Command('import')
    .argument('<file>')
    .description('add a user for each line of JSON, as POST /v1/users takes it; "-" is standard input')
    .option('--json', 'report each line as JSON')
    .addHelpText('after', `\nA line is like {"username":"anna","name":"Anna A"}\n${example('rollcall user import users.jsonl')}`)
    .action(async (file: string, { json }) => {
      const server = await connect()
      const input = await readFrom(file)
      let [number, added, refused] = [0, 0, 0]
      for await (const line of createInterface({ input })) {
        number++
        if (line.trim() === '') continue
        const outcome = await addLine(server, line)
        if ('id' in outcome) added++
        else refused++
        if (json) print(JSON.stringify({ line: number, ...outcome }))
        else if ('refused' in outcome) process.stderr.write(`line ${number}: ${outcome.refused}\n`)
      }
      if (!json) print(`${added} added, ${refused} refused.`)
      if (refused > 0) process.exitCode = 1
    })
}

async function addLine(server: Server, line: string): Promise<{ id: string } | { refused: string }> {
  try {
    return { id: (await server.call('POST', '/v1/users', JSON.parse(line))).id }
  } catch (error) {
    if (error instanceof SyntaxError) return { refused: `this is no JSON: ${error.message}` }
    if (error instanceof Failure && error.code === 'invalid') return { refused: error.message }
    throw error
  }
}

function passwordCommand(): Command {
  return new Command('passwd')
    .argument('[username]')
    .description('set a password: your own, or, as an administrator, somebody’s')
    .addHelpText('after', `${ASKED}${example('rollcall user passwd anna', 'echo "$PASSWORD" | rollcall user passwd anna')}`)
    .action(async (username?: string) => {
      const server = await connect()
      const currentPassword = username === undefined ? await askSecret('Current password: ') : undefined
      const password = await askSecret('New password: ')
      const path = `/v1/users/${encodeURIComponent(username ?? 'me')}`
      const user = await server.call('PATCH', path, { password, currentPassword })
      print(`${user.username} has a new password. Other logins of ${user.username} have ended.`)
    })
}

async function* everyone(server: Server): AsyncGenerator<Answer> {
  let cursor: string | null = null
  do {
    const page: Answer = await server.call('GET', `/v1/users?limit=${PAGE_USERS}${cursor === null ? '' : `&cursor=${cursor}`}`)
    yield* page.users
    cursor = page.cursor
  } while (cursor !== null)
}
