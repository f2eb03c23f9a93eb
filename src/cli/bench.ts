import { Command, InvalidArgumentError } from 'commander'
import { Failure } from '../core/errors.ts'
import { type Figures, measure, type Person } from './bench-load.ts'
import { type Answer, connect, type Server } from './server.ts'
import { example, print, printJson, printTable } from './terminal.ts'

/** Bounds of the load: it is to tell something, not to break anything. */
const SECONDS_MAX = 60
const CONNECTIONS_MAX = 256
/** Users made for it, and taken away again. */
const USERS = 20

interface Options {
  readonly seconds: number
  readonly connections: number
  readonly remote?: true
  readonly json?: true
}

export function benchCommand(): Command {
  return new Command('bench')
    .description('a short load on a server of yours: reads, changes, and how soon they are told')
    .option('-s, --seconds <seconds>', `of each kind, at most ${SECONDS_MAX}`, wholeUpTo(SECONDS_MAX), 3)
    .option('-c, --connections <count>', `at once, at most ${CONNECTIONS_MAX}`, wholeUpTo(CONNECTIONS_MAX), 32)
    .option('--remote', 'also where the server is not on this machine')
    .option('--json', 'answer as JSON')
    .addHelpText(
      'after',
      `\nNeeds an administrator's login. It makes ${USERS} users named bench-…, and takes them away again. What this program needs itself is in the figures.\n${example('rollcall bench --seconds 1')}`,
    )
    .action(async ({ seconds, connections, remote, json }: Options) => {
      const server = await connect()
      if (!remote && !isLocal(server.url))
        throw new Failure('invalid', `${server.url} is not on this machine. If it is yours and nobody minds: --remote`)
      const people: Person[] = []
      try {
        await makePeople(server, people)
        const figures = await measure(server.url, people, { seconds, connections })
        if (json) printJson(figures)
        else show(figures)
      } finally {
        for (const { id } of people) await server.call('DELETE', `/v1/users/${id}`)
      }
    })
}

/** Bots: their calls are not limited. `people` has those that were made, also when one could not be. */
async function makePeople(server: Server, people: Person[]): Promise<void> {
  const run = Date.now().toString(36)
  for (let i = 0; i < USERS; i++) {
    const { id } = await server.call('POST', '/v1/users', { username: `bench-${run}-${i}`, roles: ['bot'], bot: true })
    people.push({ id, token: '' })
    const { token }: Answer = await server.call('POST', '/v1/tokens', { name: 'rollcall bench', kind: 'personal', user: id })
    people[i] = { id, token }
  }
}

function show(figures: readonly Figures[]): void {
  const rows = figures.map(({ what, perSecond, medianMs, p99Ms, failed }) =>
    [what, perSecond, medianMs, p99Ms, failed].map(String),
  )
  printTable([['WHAT', 'PER SECOND', 'MEDIAN MS', '99 % MS', 'FAILED'], ...rows])
  if (figures.some(({ failed }) => failed > 0)) print('Some calls failed; the log of the server and its /metrics say why.')
}

function isLocal(url: string): boolean {
  const { hostname } = new URL(url)
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.')
}

function wholeUpTo(most: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (Number.isInteger(value) && value >= 1 && value <= most) return value
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${most}.`)
  }
}
