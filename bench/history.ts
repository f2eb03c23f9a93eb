import { type Person, provision, setsBy } from './people.ts'
import { compare } from './rounds.ts'
import { ADMIN, type Running, startRollcall } from './servers.ts'
import { cellsOf, goal, row } from './table.ts'
import { drive, requireWrk } from './wrk.ts'

/*
 * Durable sets with history on beside the same server with it off, then reads of the past that they left. Each set is a Mattermost PUT
 * status that changes something.
 */

const ROUNDS = 6
const SECONDS = 2
const USERS = 1000
/** A set may take a fifth longer. */
const RATIO_MIN = 1 / 1.2

requireWrk()
const [on, off] = [await startRollcall(), await startRollcall()]
try {
  const people = await provision(on.url, USERS)
  const [forOn, forOff] = [setsBy(people), setsBy(await provision(off.url, USERS))]
  const token = await keepHistory(on)
  await benchSets(forOn, forOff)
  await benchReads(people, token)
} finally {
  await Promise.all([on.stop(), off.stop()])
}

async function benchSets(forOn: string, forOff: string): Promise<void> {
  console.log(`\nDurable sets: best of ${ROUNDS} rounds of ${SECONDS} s each, in turn with history on and off.\n`)
  row('case', 'µs CPU', 'off µs', 'ratio', 'per s', 'off per s', 'ratio', 'p99 ms', 'goal')
  for (const connections of [1, 64, 500]) {
    const side = (server: Running, lua: string) => ({ server, path: '', load: { connections, headers: {}, lua } })
    const best = await compare(side(on, forOn), side(off, forOff), { rounds: ROUNDS, seconds: SECONDS })
    const { cpuRatio, rateRatio } = best
    row(
      `set, ${connections} connection${connections === 1 ? '' : 's'}`,
      ...cellsOf(best),
      goal(Math.max(cpuRatio, rateRatio) >= RATIO_MIN, RATIO_MIN.toFixed(2)),
    )
  }
}

/** Of the users whose presence was set many hundred times a moment ago. */
async function benchReads(people: readonly Person[], token: string): Promise<void> {
  const headers = { Authorization: `Bearer ${token}` }
  const { id = '' } = people[7] ?? {}
  const { passages } = await call(on, `/v1/presence/${id}/history?limit=1000`, token)
  const middle = passages.at(Math.floor(passages.length / 2))?.at
  console.log(`\nReads of the past of a user with ${passages.length} passages or more; 8 connections.\n`)
  row('case', 'per s', 'p50 ms', 'p99 ms')
  for (const [words, path] of [
    ['as of an instant', `/v1/presence/${id}?at=${middle}`],
    ['100 passages', `/v1/presence/${id}/history?to=${middle}`],
    ['page of the audit log', '/v1/audit'],
  ] as const) {
    const { perSecond, p50, p99 } = await drive({ url: `${on.url}${path}`, connections: 8, seconds: SECONDS, headers })
    row(words, perSecond.toFixed(0), p50.toFixed(2), p99.toFixed(2))
  }
}

async function keepHistory(server: Running): Promise<string> {
  const { token } = await call(server, '/v1/login', null, ADMIN)
  await call(server, '/v1/settings', token, { history: 'all' }, 'PATCH')
  return token
}

/** An answer that the caller knows. */
interface Answer {
  readonly token: string
  readonly passages: readonly { readonly at: string }[]
}

async function call(server: Running, path: string, token: string | null, body?: object, method = body ? 'POST' : 'GET') {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: { 'Content-Type': 'application/json', ...(token !== null && { Authorization: `Bearer ${token}` }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
  return (await response.json()) as Answer
}
