import type { Listed, Status, Told } from './bare.ts'
import { type Person, provision } from './people.ts'
import { compare } from './rounds.ts'
import { ADMIN, type Running, startBare, startRollcall } from './servers.ts'
import { cellsOf, goal, row } from './table.ts'
import { requireWrk } from './wrk.ts'

/*
 * Reads of the REST dialects beside a bare node:http server that answers the same: one presence as a fixed text, lists built
 * from objects by JSON.stringify. An argument names the cases to run: `node bench/http.ts mattermost`.
 */

const ROUNDS = 12
const SECONDS = 1
const CONNECTIONS = 64
const USERS = 1000

interface Case {
  readonly name: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** The ids that a batch asks for; absent: a GET of the path. */
  readonly ids?: readonly string[]
  readonly goal: number
}

requireWrk()
const rollcall = await startRollcall()
try {
  const people = await provision(rollcall.url, USERS)
  const wanted = process.argv[2] ?? ''
  console.log(
    `\nReads: ${CONNECTIONS} connections, best of ${ROUNDS} rounds of ${SECONDS} s each, in turn with bare node:http.\n`,
  )
  row('case', 'µs CPU', 'bare µs', 'ratio', 'per s', 'bare per s', 'ratio', 'p99 ms', 'goal')
  for (const one of await casesFor(people)) if (one.name.includes(wanted)) await bench(rollcall, one)
} finally {
  await rollcall.stop()
}

async function casesFor(people: readonly Person[]): Promise<readonly Case[]> {
  const [reader, other] = people
  if (reader === undefined || other === undefined) throw new Error('nobody was provisioned')
  const bearer = { Authorization: `Bearer ${reader.token}` }
  const rocket = { 'X-Auth-Token': reader.token, 'X-User-Id': reader.ids.rocketchat }
  const basic = { Authorization: `Basic ${Buffer.from(`${ADMIN.username}:${ADMIN.password}`).toString('base64')}` }
  const batch = (count: number) => people.slice(0, count).map(({ ids }) => ids.mattermost)
  const associate = `/api/v1/User/${other.ids.superoffice}/UserPresenceStatus`
  const tagOf = async (path: string): Promise<string> =>
    (await fetch(`${rollcall.url}${path}`, { headers: bearer })).headers.get('etag') ?? ''
  const [tag, cursor] = [await tagOf(`/v1/presence/${other.id}`), await tagOf('/v1/presence')]
  const since = `/v1/presence?since=${cursor.replaceAll('"', '')}`
  return [
    { name: 'native, one, 304', path: `/v1/presence/${other.id}`, headers: { ...bearer, 'If-None-Match': tag }, goal: 0.8 },
    { name: 'native, nothing new, 304', path: since, headers: { ...bearer, 'If-None-Match': cursor }, goal: 0.8 },
    { name: 'native, nothing new, 200', path: since, headers: bearer, goal: 0.8 },
    { name: 'native, one', path: `/v1/presence/${other.id}`, headers: bearer, goal: 0.75 },
    { name: 'rocketchat, one', path: `/api/v1/users.getStatus?userId=${other.ids.rocketchat}`, headers: rocket, goal: 0.75 },
    { name: 'mattermost, one', path: `/api/v4/users/${other.ids.mattermost}/status`, headers: bearer, goal: 0.75 },
    { name: 'superoffice, one', path: associate, headers: bearer, goal: 0.75 },
    { name: 'superoffice, one, Basic', path: associate, headers: basic, goal: 0.75 },
    { name: 'mattermost, 60 ids', path: '/api/v4/users/status/ids', headers: bearer, ids: batch(60), goal: 0.7 },
    { name: 'mattermost, 200 ids', path: '/api/v4/users/status/ids', headers: bearer, ids: batch(200), goal: 0.7 },
    { name: 'rocketchat, 1,000 users', path: '/api/v1/users.presence', headers: rocket, goal: 0.7 },
  ]
}

async function bench(server: Running, one: Case): Promise<void> {
  const bare = await startBare(await tellBare(server.url, one))
  try {
    const side = { path: one.path, load: { connections: CONNECTIONS, headers: one.headers, ...luaOf(one) } }
    const best = await compare(
      { server, ...side },
      { server: bare, ...side },
      {
        rounds: ROUNDS,
        seconds: SECONDS,
      },
    )
    row(one.name, ...cellsOf(best), goal(best.cpuRatio >= one.goal, String(one.goal)))
  } finally {
    await bare.stop()
  }
}

function luaOf({ ids }: Case): { readonly lua?: string } {
  if (ids === undefined) return {}
  return { lua: `wrk.method = "POST"; return wrk.format(nil, nil, nil, ${JSON.stringify(JSON.stringify(ids))})` }
}

/** What the bare server is to answer: our own answer as it is, or the objects out of which it builds the same. */
async function tellBare(url: string, { path, headers, ids }: Case): Promise<Told> {
  const answer = await fetch(`${url}${path}`, {
    headers: { ...headers },
    ...(ids !== undefined && { method: 'POST', body: JSON.stringify(ids) }),
  })
  const text = await answer.text()
  const etag = answer.headers.get('etag')
  if (answer.status === 304 && etag !== null) return { fixed: { [path]: { type: '', text: '', etag } } }
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`)
  if (ids !== undefined) {
    const statuses = JSON.parse(text) as Status[]
    return { batches: { [path]: Object.fromEntries(statuses.map((status) => [status.user_id, status])) } }
  }
  if (path.endsWith('users.presence')) return { lists: { [path]: (JSON.parse(text) as { users: Listed[] }).users } }
  return { fixed: { [path]: { type: answer.headers.get('content-type') ?? '', text } } }
}
