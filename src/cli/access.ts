import { Command } from 'commander'
import { allOf } from '../client/pages.ts'
import { Failure } from '../core/errors.ts'
import { SCOPES } from '../core/principal.ts'
import { save } from './saved.ts'
import { type Answer, connect, serverAt, serverUrl } from './server.ts'
import { ask, askSecret, example, print, printAs, printJson, printTable } from './terminal.ts'
import { untilOf } from './until.ts'

export function loginCommand(): Command {
  return new Command('login')
    .description('log in to a server and remember it, readable by you alone')
    .option('-u, --username <name>', 'username or e-mail address; asked for when left out')
    .option('--json', 'answer as JSON')
    .addHelpText(
      'after',
      `\nThe password is asked for, or read from standard input.\n${example('rollcall login -u admin', 'echo "$PASSWORD" | rollcall login -u admin')}`,
    )
    .action(async ({ username, json }: { username?: string; json?: boolean }) => {
      const url = serverUrl()
      const name = username ?? (await ask('Username: '))
      const password = await askSecret('Password: ')
      const { token, user } = await serverAt(url, null)
        .call('POST', '/v1/login', { username: name, password })
        .catch((error: unknown) => {
          throw error instanceof Failure && error.code === 'unauthenticated'
            ? new Failure('unauthenticated', 'This username and password do not go together.')
            : error
        })
      const file = await save(url, token)
      const words = `Logged in to ${url} as ${user.username}. The token is kept in ${file}.`
      printAs(json, { url, username: user.username, file }, words)
    })
}

export function logoutCommand(): Command {
  return new Command('logout')
    .description('end the login at the server and forget it')
    .option('--json', 'answer as JSON')
    .addHelpText('after', example('rollcall logout'))
    .action(async ({ json }) => {
      const server = await connect()
      await server.call('POST', '/v1/logout')
      await save(server.url, null)
      printAs(json, { url: server.url }, `Logged out of ${server.url}.`)
    })
}

export function tokenCommand(): Command {
  const command = new Command('token').description('tokens for programs and dashboards')
  command
    .command('create <name>')
    .description('make a token and show it, this once')
    .option('-k, --kind <kind>', 'personal, application or publishable', 'personal')
    .option('-u, --user <user>', 'whose it is (default: yours)')
    .option('-s, --scope <scope...>', 'what it may do (default: all that its kind allows)')
    .option('--only <user...>', 'the only users that it may touch')
    .option('--group <group...>', 'groups whose members, at the moment, it may touch too')
    .option('--origin <origin...>', 'the only web origins that it may come from')
    .option('--until <time>', 'when it ends: 90d, 2027-01-31 or a time like 2027-01-31T15:00:00Z')
    .option('--json', 'answer as JSON')
    .addHelpText(
      'after',
      `\nScopes: ${SCOPES.join(', ')}.\n${example("rollcall token create 'wall display' --scope presence:read")}`,
    )
    .action(async (name: string, { kind, user, scope, only, group, origin, until, json }) => {
      const wanted = {
        name,
        kind,
        user,
        scopes: scope,
        users: only,
        groups: group,
        origins: origin,
        until: until && untilOf(until, new Date()),
      }
      const made = await (await connect()).call('POST', '/v1/tokens', wanted)
      if (json) return printJson(made)
      print(made.token)
      process.stderr.write(`This is the token ${made.id}. It is not shown again.\n`)
    })
  command
    .command('list')
    .description('list tokens')
    .option('-u, --user <user>', 'whose', 'me')
    .option('--json', 'answer as JSON')
    .addHelpText('after', example('rollcall token list -u anna'))
    .action(async ({ user, json }) => {
      const tokens = []
      for await (const token of allOf((await connect()).call, `/v1/tokens?user=${encodeURIComponent(user)}`, 'tokens'))
        tokens.push(token)
      if (json) return printJson(tokens)
      const rows = tokens.map((token: Answer) => [
        token.id,
        token.kind,
        `…${token.tail}`,
        token.until ?? 'never',
        token.lastUsedAt ?? 'never',
        token.name,
      ])
      printTable([['ID', 'KIND', 'TOKEN', 'ENDS', 'LAST USED', 'NAME'], ...rows])
    })
  command
    .command('revoke <id>')
    .description('end a token; `rollcall token list` tells its id')
    .addHelpText('after', example('rollcall token revoke "$ID"'))
    .option('-u, --user <user>', 'whose it is', 'me')
    .option('--json', 'answer as JSON')
    .action(async (id: string, { user, json }) => {
      await (await connect()).call('DELETE', `/v1/tokens/${encodeURIComponent(id)}?user=${encodeURIComponent(user)}`)
      printAs(json, { id }, `Token ${id} has ended.`)
    })
  return command
}
