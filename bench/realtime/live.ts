import { requireRedis } from '../../test/redis/server.ts'
import { row } from '../table.ts'
import { endings } from './endings.ts'
import { climb, printHead, printLadder } from './fanout.ts'
import { startLoad } from './load.ts'
import { type Contender, startBroadcast, startOurs, startTextbook } from './servers.ts'
import { burst, connect, idle, printStormHead, restart, stalled } from './storms.ts'

/*
 * Everything that is live, beside a bare `ws` broadcast and a textbook Redis server. The server has one core, the load the other.
 * An argument names the cases to run: `node bench/realtime/live.ts fanout`.
 */

const CHANGING = 1_000
const PEOPLE = 10_000
const WATCHED = 50

const load = startLoad()
requireRedis()

const ours = (users: number, tokens: number) => () => startOurs({ users, tokens })
const broadcast = (users: number) => () => startBroadcast(users)
const textbook = (users: number, tokens: number) => () => startTextbook(users, tokens)

async function beside(
  starts: readonly (() => Promise<Contender>)[],
  run: (server: Contender) => Promise<unknown>,
): Promise<void> {
  for (const start of starts) {
    const server = await start()
    try {
      await run(server)
    } finally {
      await load.end()
      await server.stop()
    }
  }
}

function title(words: string): void {
  console.log(`\n${words}\n`)
}

const CASES: Readonly<Record<string, () => Promise<void>>> = {
  async fanout() {
    for (const watchers of [1_000, 5_000]) {
      title(`fan-out: ${watchers} watchers of everyone, ${CHANGING} users who change`)
      printHead()
      const climbed = { watchers, users: CHANGING, watches: 'everyone', firstRate: 100_000 / watchers } as const
      await beside([ours(CHANGING, watchers), broadcast(CHANGING), textbook(CHANGING, watchers)], async (server) =>
        printLadder(server.name, await climb(load, server, climbed)),
      )
    }
  },
  async sets() {
    const [watchers, watches] = [5_000, 100]
    title(`fan-out: ${watchers} watchers of ${watches} each, ${CHANGING} users who change`)
    printHead()
    const climbed = { watchers, users: CHANGING, watches, firstRate: 100 }
    await beside([ours(CHANGING, watchers), textbook(CHANGING, watchers)], async (server) =>
      printLadder(server.name, await climb(load, server, climbed)),
    )
  },
  async connect() {
    title(`connecting: ${PEOPLE} connections until each was greeted`)
    row('server', 'per s', 'µs CPU each')
    await beside([ours(PEOPLE, PEOPLE), broadcast(1), textbook(PEOPLE, PEOPLE)], (server) => connect(load, server, PEOPLE, 3))
  },
  async idle() {
    title(`idle: resident memory of each of ${PEOPLE} connections`)
    row('server', 'each with', 'memory')
    await beside([ours(PEOPLE, PEOPLE)], (server) => idle(load, server, { people: PEOPLE, watches: 0 }, true))
    await beside([ours(PEOPLE, PEOPLE)], (server) => idle(load, server, { people: PEOPLE, watches: WATCHED }, true))
    await beside([broadcast(1)], (server) => idle(load, server, { people: PEOPLE, watches: 0 }, false))
  },
  async burst() {
    title(`09:00: ${PEOPLE} users come within 10 s, each watched by ${WATCHED}; then all are cut and come back within 1 s`)
    printStormHead()
    const crew = { people: PEOPLE, watches: WATCHED }
    await beside([ours(PEOPLE, PEOPLE)], (server) => burst(load, server, crew, { p99: 150 }))
    await beside([textbook(PEOPLE, PEOPLE)], (server) => burst(load, server, crew, null))
  },
  async restart() {
    title(`restart with ${PEOPLE} sessions, each watched by ${WATCHED}`)
    printStormHead()
    const server = await startOurs({ users: PEOPLE, tokens: PEOPLE })
    try {
      await restart(load, server, { people: PEOPLE, watches: WATCHED })
    } finally {
      await load.end()
      await server.stop()
    }
  },
  async stalled() {
    const [watchers, perSecond] = [1_000, 100]
    title(`${watchers} watchers of everyone, ${perSecond} changes a second; then 5 % of them stop reading`)
    row('server', 'p50 / p99 ms', 'of the others', 'memory grew', 'wrong')
    await beside([ours(CHANGING, watchers)], (server) => stalled(load, server, watchers, CHANGING, perSecond))
  },
  async endings() {
    title('100,000 claims end at the same instant')
    const other = startLoad()
    await endings(other, load)
    await other.stop()
  },
}

const wanted = process.argv[2] ?? ''
for (const [name, run] of Object.entries(CASES)) if (name.includes(wanted)) await run()
await load.stop()
