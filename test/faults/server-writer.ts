import { setTimeout as wait } from 'node:timers/promises'
import { startServer } from '../server.ts'
import { writes } from './server-writes.ts'

/*
 * Starts the real server on a store and sets statuses through every dialect at once, each person's one after the other.
 * Prints a line for each one that was acknowledged. Runs until it is killed, together with its server.
 */

const [store = '', round = '0'] = process.argv.slice(2)
const server = await startServer({ store })
const people = await Promise.all(
  Array.from({ length: 12 }, (_, number) => server.createUser({ password: null, username: `round${round}-person${number}` })),
)
/** Killed sooner or later; this is only a bound. */
const LIVES_MS_MAX = 60_000
const until = Date.now() + LIVES_MS_MAX
await Promise.all(
  people.map(async (person, index) => {
    for (let count = 1; Date.now() < until; count++) {
      const write = writes[(index + count) % writes.length]
      const response = await write?.(server, person, `${count}`)
      if (response?.status !== 200) throw new Error(`a write was answered ${response?.status}: ${await response?.text()}`)
      process.stdout.write(`${JSON.stringify({ userId: person.user.id, username: person.user.username, count })}\n`)
      await wait(0)
    }
  }),
)
