import { Command } from 'commander'
import { allOf } from '../client/pages.ts'
import { Failure } from '../core/errors.ts'
import { exportUsersCommand, importUsersCommand } from './bulk.ts'
import { connect } from './server.ts'
import { askSecret, example, print, printAs, printJson, printTable } from './terminal.ts'

const ASKED = '\nPasswords are asked for, or read from standard input, one a line: for your own first the current one.\n'

export function userCommand(): Command {
  return new Command('user')
    .description('users of the workspace')
    .addCommand(addCommand())
    .addCommand(listCommand())
    .addCommand(importUsersCommand())
    .addCommand(exportUsersCommand())
    .addCommand(passwordCommand())
    .addCommand(linkCommand())
    .addCommand(changeCommand())
    .addCommand(removeCommand())
}

const pathOf = (username: string): string => `/v1/users/${encodeURIComponent(username)}`

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
      for await (const user of allOf((await connect()).call, '/v1/users', 'users')) {
        if (json) print(JSON.stringify(user))
        else rows.push([user.username, user.id, user.roles.join(','), user.active ? 'yes' : 'no', user.name])
      }
      if (!json) printTable(rows)
    })
}

function passwordCommand(): Command {
  return new Command('passwd')
    .argument('[username]')
    .description('set a password: your own, or, as an administrator, somebody’s')
    .option('--json', 'answer as JSON')
    .addHelpText('after', `${ASKED}${example('rollcall user passwd anna', 'echo "$PASSWORD" | rollcall user passwd anna')}`)
    .action(async (username: string | undefined, { json }) => {
      const server = await connect()
      const currentPassword = username === undefined ? await askSecret('Current password: ') : undefined
      const password = await askSecret('New password: ')
      const user = await server.call('PATCH', pathOf(username ?? 'me'), { password, currentPassword })
      printAs(json, user, `${user.username} has a new password. Other logins of ${user.username} have ended.`)
    })
}

function linkCommand(): Command {
  return new Command('link')
    .argument('<username>')
    .description('print an address by which somebody sets a password, once, within a week; it replaces the one before')
    .option('--json', 'answer as JSON')
    .addHelpText('after', example('rollcall user link anna'))
    .action(async (username: string, { json }) => {
      const link = await (await connect()).call('POST', `${pathOf(username)}/password-link`)
      printAs(json, link, link.url)
    })
}

function changeCommand(): Command {
  return new Command('change')
    .argument('<username>')
    .description('change who a user is, and whether they may log in')
    .option('--name <name>', 'full name')
    .option('--email <address>', 'e-mail address')
    .option('--role <role...>', 'all that the user is: admin, user, bot, guest')
    .option('--deactivate', 'end what they are logged in with, and let them in no more')
    .option('--activate', 'let them in again')
    .option('--json', 'answer as JSON')
    .addHelpText('after', example("rollcall user change anna --name 'Anna B'", 'rollcall user change anna --deactivate'))
    .action(async (username: string, { name, email, role, deactivate, activate, json }) => {
      const active = activate ?? (deactivate === undefined ? undefined : !deactivate)
      const change = { name, email, roles: role, active }
      if (Object.values(change).every((value) => value === undefined))
        throw new Failure('invalid', 'Say what is to change, as with --name, --role or --deactivate.')
      const user = await (await connect()).call('PATCH', pathOf(username), change)
      printAs(
        json,
        user,
        `${user.username} is ${user.active ? 'active' : 'deactivated'}: ${user.name}, ${user.roles.join(', ')}.`,
      )
    })
}

function removeCommand(): Command {
  return new Command('remove')
    .argument('<username>')
    .description('delete a user, with their status and history; `user change --deactivate` keeps it')
    .option('--json', 'answer as JSON')
    .addHelpText('after', example('rollcall user remove bert'))
    .action(async (username: string, { json }) => {
      await (await connect()).call('DELETE', pathOf(username))
      printAs(json, { username }, `Deleted ${username}.`)
    })
}
