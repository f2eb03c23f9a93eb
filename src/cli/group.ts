import { Command } from 'commander'
import { allOf } from '../client/pages.ts'
import { connect, type Server } from './server.ts'
import { example, print, printAs, printJson, printTable } from './terminal.ts'

/** Users named in one change, as the server takes them. */
const BATCH_USERS_MAX = 1_000

export function groupCommand(): Command {
  const command = new Command('group').description('named sets of users: who is in them, how they are, who is free')
  command
    .command('list')
    .description('list groups')
    .option('-u, --user <user>', 'only those that this user is in')
    .option('--json', 'answer as JSON lines')
    .addHelpText('after', example('rollcall group list'))
    .action(async ({ user, json }) => {
      const rows = [['ID', 'MEMBERS', 'NAME']]
      const path = user === undefined ? '/v1/groups' : `/v1/groups?user=${encodeURIComponent(user)}`
      for await (const group of allOf((await connect()).call, path, 'groups')) {
        if (json) print(JSON.stringify(group))
        else rows.push([group.id, String(group.members), group.name])
      }
      if (!json) printTable(rows)
    })
  command
    .command('add <name> [users...]')
    .description('make a group, maybe with users in it')
    .option('--json', 'answer as JSON')
    .addHelpText('after', example('rollcall group add support anna'))
    .action(async (name: string, users: string[], { json }) => {
      const group = await (await connect()).call('POST', '/v1/groups', { name, members: users })
      if (json) printJson(group)
      else print(`Added ${group.name} (${group.id}), of ${group.members}.`)
    })
  command
    .command('members <group>')
    .description('show how the members of a group are, or change who they are')
    .option('-a, --add <user...>', 'users who come')
    .option('-r, --remove <user...>', 'users who go')
    .option('--json', 'answer as JSON lines')
    .addHelpText('after', example('rollcall group members support --add admin', 'rollcall group members support'))
    .action(async (group: string, { add = [], remove = [], json }) => {
      const server = await connect()
      if (add.length > 0 || remove.length > 0) await changeMembers(server, group, add, remove)
      const rows = [['USERNAME', 'AVAILABILITY', 'SINCE']]
      for await (const presence of allOf(server.call, `${pathOf(group)}/members`, 'presences')) {
        if (json) print(JSON.stringify(presence))
        else rows.push([await nameOf(server, presence.userId), presence.availability, presence.since])
      }
      if (!json) printTable(rows)
    })
  command
    .command('counts <group>')
    .description('count a group’s members by availability')
    .option('--json', 'answer as JSON')
    .addHelpText('after', example('rollcall group counts support'))
    .action(async (group: string, { json }) => {
      const { group: _, ...counts } = await (await connect()).call('GET', `${pathOf(group)}/counts`)
      if (json) printJson(counts)
      else printTable(Object.entries(counts).map(([word, count]) => [word, String(count)]))
    })
  command
    .command('free <group>')
    .description('choose whoever is online and was not chosen for the longest, and print the username')
    .option('--peek', 'only look whose turn it is')
    .option('--json', 'answer with the presence, as JSON')
    .addHelpText(
      'after',
      `\nThe exit code is 1 when nobody is online.\n${example("rollcall group free support || echo 'nobody'")}`,
    )
    .action(async (group: string, { peek, json }) => {
      const server = await connect()
      const { presence } = await server.call(peek ? 'GET' : 'POST', `${pathOf(group)}/first-available`)
      if (json) printJson(presence)
      else print(await nameOf(server, presence.userId))
    })
  command
    .command('remove <group>')
    .description('delete a group; its members stay users')
    .option('--json', 'answer as JSON')
    .addHelpText('after', example('rollcall group remove support'))
    .action(async (group: string, { json }) => {
      await (await connect()).call('DELETE', pathOf(group))
      printAs(json, { group }, `The group ${group} is no more.`)
    })
  return command
}

const pathOf = (group: string): string => `/v1/groups/${encodeURIComponent(group)}`

async function nameOf(server: Server, userId: string): Promise<string> {
  return (await server.call('GET', `/v1/users/${encodeURIComponent(userId)}`)).username
}

async function changeMembers(server: Server, group: string, add: readonly string[], remove: readonly string[]): Promise<void> {
  for (let from = 0; from < Math.max(add.length, remove.length); from += BATCH_USERS_MAX / 2) {
    const [coming, going] = [add, remove].map((users) => users.slice(from, from + BATCH_USERS_MAX / 2))
    const { unknown } = await server.call('POST', `${pathOf(group)}/members:batch`, { add: coming, remove: going })
    for (const word of unknown) process.stderr.write(`There is no user "${word}".\n`)
    if (unknown.length > 0) process.exitCode = 1
  }
}
