import { Command } from 'commander'
import { Failure } from '../core/errors.ts'
import { type Answer, connect, type Server, serverAt } from './server.ts'
import { example, print } from './terminal.ts'
import { wires } from './wires.ts'

const DEMO_USERNAME = 'demo'
/** How long the demo user's token stays good, in ms: each run makes one. */
const TOKEN_MS = 24 * 3_600_000

/** One status, said in one dialect, with the words that introduce it. */
interface Saying {
  readonly title: string
  readonly method: string
  readonly path: string
  readonly headers: Record<string, string>
  readonly body: unknown
}

export function tryCommand(): Command {
  return new Command('try')
    .description('on a running server: make a demo user, set a status in each dialect, and show each curl with its answer')
    .addHelpText('after', `\nNeeds an administrator's login.\n${example('rollcall login -u admin', 'rollcall try')}`)
    .action(async () => {
      const admin = await connect()
      const user = await demoUser(admin)
      const until = new Date(Date.now() + TOKEN_MS).toISOString()
      const { token } = await admin.call('POST', '/v1/tokens', { name: 'rollcall try', kind: 'personal', user: user.id, until })
      const server = serverAt(admin.url, token)
      print(
        `The demo user is ${user.username} (${user.id}). Their token, for the calls below and for a day:\n\n  TOKEN=${token}\n`,
      )
      for (const saying of sayings(user, token)) await say(server, saying, user)
      print('One status, four dialects. `rollcall status demo --wire` shows this for any user.')
    })
}

async function demoUser(admin: Server): Promise<Answer> {
  try {
    return await admin.call('POST', '/v1/users', { username: DEMO_USERNAME, name: 'Demo' })
  } catch (error) {
    if (error instanceof Failure && error.field === 'username') return admin.call('GET', `/v1/users/${DEMO_USERNAME}`)
    throw error
  }
}

function sayings({ ids }: Answer, token: string): readonly Saying[] {
  const bearer = { Authorization: `Bearer ${token}` }
  return [
    {
      title: 'Rocket.Chat: busy, in a meeting',
      method: 'POST',
      path: '/api/v1/users.setStatus',
      headers: { 'X-Auth-Token': token, 'X-User-Id': ids.rocketchat },
      body: { status: 'busy', message: 'In a meeting' },
    },
    {
      title: 'Mattermost: away',
      method: 'PUT',
      path: `/api/v4/users/${ids.mattermost}/status`,
      headers: bearer,
      body: { user_id: ids.mattermost, status: 'away' },
    },
    {
      title: 'SuperOffice: not available',
      method: 'PUT',
      path: `/api/v1/User/${ids.superoffice}/UserPresenceStatus`,
      headers: bearer,
      body: { Status: 'StatusNotAvailable', Message: 'On holiday' },
    },
    {
      title: 'Rollcall’s own API: online',
      method: 'PUT',
      path: '/v1/presence/me/availability',
      headers: bearer,
      body: { availability: 'online' },
    },
  ]
}

async function say(server: Server, { title, method, path, headers, body }: Saying, user: Answer): Promise<void> {
  const sent = { ...headers, 'Content-Type': 'application/json' }
  print(`── ${title} ──`)
  await show(server, method, path, sent, JSON.stringify(body))
  for (const wire of wires(user, user)) await show(server, 'GET', wire.path, wire.headers(server.token ?? ''))
  print('')
}

async function show(server: Server, method: string, path: string, headers: Record<string, string>, body?: string): Promise<void> {
  print(curlOf(server, method, path, headers, body))
  const response = await server.fetch(path, { method, headers, ...(body !== undefined && { body }) })
  print(`${response.status} ${(await response.text()).trim()}`)
}

/** The call as one can paste it into a shell that has $TOKEN. */
function curlOf({ url, token }: Server, method: string, path: string, headers: Record<string, string>, body?: string): string {
  const words = ['curl -s']
  if (method !== 'GET') words.push(`-X ${method}`)
  for (const [name, value] of Object.entries(headers)) words.push(`-H "${name}: ${value.replace(token ?? '', '$TOKEN')}"`)
  if (body !== undefined) words.push(`-d '${body}'`)
  return `$ ${words.join(' ')} '${url}${path}'`
}
