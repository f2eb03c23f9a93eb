import { Command } from 'commander'
import { connect as connectClient } from '../client/client.ts'
import { allOf } from '../client/pages.ts'
import { Failure } from '../core/errors.ts'
import type { ShownPresence, UserId } from '../core/vocabulary.ts'
import { colourOf, noteInWords } from './say.ts'
import { connect, type Server } from './server.ts'
import { example, print } from './terminal.ts'

/** How often a table is drawn at most, in ms, and how many rows it has where a terminal does not say how high it is. */
const [DRAW_MS, ROWS] = [100, 20]
const WIDTHS = [24, 9, 16, 20] as const

export function watchCommand(): Command {
  return new Command('watch')
    .argument('[users...]')
    .description('a live table of these users, or of everyone; where there is no terminal, a line for each change')
    .option('--seconds <number>', 'end after so long (default: with Ctrl-C)')
    .option('--json', 'a line of JSON for each change')
    .addHelpText('after', example('rollcall watch anna --seconds 1'))
    .action(async (users: string[], { seconds, json = false }) => {
      const limit = seconds === undefined ? null : Number(seconds)
      if (limit !== null && !(limit > 0)) throw new Failure('invalid', '--seconds must be a number over 0.')
      const server = await connect()
      if (server.token === null) throw new Failure('unauthenticated', 'You are not logged in. Run: rollcall login')
      const names = await namesOf(server, users)
      const view = json ? linesOf(json, names) : process.stdout.isTTY ? tableOf(names) : linesOf(json, names)
      await watchUntil({ server, token: server.token, users, view, ends: limit === null ? interrupted() : after(limit) })
    })
}

interface View {
  told(presence: ShownPresence | null, userId: UserId): void
  state(words: string): void
  close(): void
}

interface WatchParts {
  readonly server: Server
  readonly token: string
  readonly users: readonly string[]
  readonly view: View
  readonly ends: Promise<void>
}

async function watchUntil({ server, token, users, view, ends }: WatchParts): Promise<void> {
  const client = connectClient({ url: server.url, token, onState: (state) => view.state(state) })
  try {
    client.watch(users.length === 0 ? 'everyone' : users, (presence, userId) => view.told(presence, userId))
    await client.ready()
    await ends
  } finally {
    client.close()
    view.close()
  }
}

async function namesOf(server: Server, users: readonly string[]): Promise<Map<UserId, string>> {
  const names = new Map<UserId, string>()
  if (users.length === 0) for await (const user of allOf(server.call, '/v1/users', 'users')) names.set(user.id, user.username)
  for (const word of users) {
    const { id, username } = await server.call('GET', `/v1/users/${encodeURIComponent(word)}`)
    names.set(id, username)
  }
  return names
}

const cellsOf = (name: string, { availability, activity, until, note }: ShownPresence): string[] => [
  name,
  availability,
  activity?.replaceAll('_', ' ') ?? '',
  until === null ? '' : new Date(until).toLocaleString('sv'),
  noteInWords(note),
]

function linesOf(json: boolean, names: ReadonlyMap<UserId, string>): View {
  return {
    told(presence, userId) {
      const name = names.get(userId) ?? userId
      if (json) print(JSON.stringify({ userId, username: name, presence }))
      else if (presence === null) print(`${name}  is no more`)
      else print(cellsOf(name, presence).filter(Boolean).join('  '))
    },
    state: () => {},
    close: () => {},
  }
}

/** Drawn over itself; who is not offline comes first. */
function tableOf(names: ReadonlyMap<UserId, string>): View {
  const shown = new Map<UserId, ShownPresence>()
  let [state, timer]: [string, NodeJS.Timeout | null] = ['', null]
  process.stdout.write('\u001B[?1049h\u001B[?25l')

  function draw(): void {
    timer = null
    const rows = [...shown].map(([userId, presence]) => ({ name: names.get(userId) ?? userId, presence }))
    const isOff = ({ presence }: (typeof rows)[number]): number => (presence.availability === 'offline' ? 1 : 0)
    rows.sort((one, other) => isOff(one) - isOff(other) || one.name.localeCompare(other.name))
    const room = (process.stdout.rows || ROWS) - 3
    const lines = rows.slice(0, room).map(({ name, presence }) => rowOf(cellsOf(name, presence), presence))
    const more = rows.length > room ? `and ${rows.length - room} more` : ''
    const head = rowOf(['USERNAME', 'STATUS', 'ACTIVITY', 'UNTIL', 'NOTE'], null)
    process.stdout.write(`\u001B[H\u001B[2J${[head, ...lines, more, state === 'live' ? '' : state].join('\n')}`)
  }
  const later = (): void => {
    timer ??= setTimeout(draw, DRAW_MS)
  }

  return {
    told(presence, userId) {
      if (presence === null) shown.delete(userId)
      else shown.set(userId, presence)
      later()
    },
    state(words) {
      state = words
      later()
    },
    close() {
      clearTimeout(timer ?? undefined)
      process.stdout.write('\u001B[?25h\u001B[?1049l')
    },
  }
}

function rowOf(cells: readonly string[], presence: ShownPresence | null): string {
  const padded = cells.map((cell, i) => (i < WIDTHS.length ? cell.slice(0, WIDTHS[i]).padEnd(WIDTHS[i] ?? 0) : cell))
  if (presence !== null) padded[1] = colourOf(presence.availability, padded[1] ?? '')
  return padded.join('  ')
}

const after = (seconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, seconds * 1_000))
const interrupted = (): Promise<void> => new Promise((resolve) => process.once('SIGINT', () => resolve()))
