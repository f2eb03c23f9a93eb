import { ADMIN, type Running, startBare, startRollcall } from './servers.ts'
import { drive, type Figures, requireWrk } from './wrk.ts'

/*
 * What the REST dialects reach, as ratios against a bare node:http server that answers the same payload, in the same run:
 * `npm run bench`. Rounds alternate, the median counts. Absolute figures are this machine's on this day; ratios carry over.
 */

const ROUNDS = 3
const SECONDS = 3
const CONNECTIONS = 64
const USERS = 1000

interface Person {
  readonly id: string
  readonly ids: { readonly rocketchat: string; readonly mattermost: string; readonly superoffice: number }
  readonly token: string
}

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
  const people = await provision(rollcall.url)
  const [reader] = people
  if (reader === undefined) throw new Error('nobody was provisioned')
  await benchReads(rollcall, casesFor(reader, people))
} finally {
  await rollcall.stop()
}
await benchWrites()

function casesFor(reader: Person, people: readonly Person[]): readonly Case[] {
  const bearer = { Authorization: `Bearer ${reader.token}` }
  const rocket = { 'X-Auth-Token': reader.token, 'X-User-Id': reader.ids.rocketchat }
  const basic = { Authorization: `Basic ${Buffer.from(`${ADMIN.username}:${ADMIN.password}`).toString('base64')}` }
  const other = people[1] ?? reader
  const batch = (count: number) => people.slice(0, count).map(({ ids }) => ids.mattermost)
  return [
    { name: 'native, one', path: `/v1/presence/${other.id}`, headers: bearer, goal: 0.75 },
    { name: 'rocketchat, one', path: `/api/v1/users.getStatus?userId=${other.ids.rocketchat}`, headers: rocket, goal: 0.75 },
    { name: 'mattermost, one', path: `/api/v4/users/${other.ids.mattermost}/status`, headers: bearer, goal: 0.75 },
    { name: 'superoffice, one', path: `/api/v1/User/${other.ids.superoffice}/UserPresenceStatus`, headers: bearer, goal: 0.75 },
    { name: 'superoffice, Basic', path: `/api/v1/User/${other.ids.superoffice}/UserPresenceStatus`, headers: basic, goal: 0.75 },
    { name: 'mattermost, 60 ids', path: '/api/v4/users/status/ids', headers: bearer, ids: batch(60), goal: 0.7 },
    { name: 'mattermost, 200 ids', path: '/api/v4/users/status/ids', headers: bearer, ids: batch(200), goal: 0.7 },
    { name: 'rocketchat, 1,000 users', path: '/api/v1/users.presence', headers: rocket, goal: 0.7 },
  ]
}

async function benchReads(server: Running, cases: readonly Case[]): Promise<void> {
  console.log(`Reads: ${CONNECTIONS} connections, ${SECONDS} s a round, median of ${ROUNDS} rounds; ratio to bare node:http.\n`)
  row('case', 'per s', 'p99 ms', 'bare per s', 'ratio', 'goal')
  for (const one of cases) {
    const bare = await startBare(await tellBare(server.url, one))
    try {
      const [ours, theirs]: [Figures[], Figures[]] = [[], []]
      for (let round = 0; round < ROUNDS; round++) {
        theirs.push(await drive({ ...loadOf(one, bare.url) }))
        ours.push(await drive({ ...loadOf(one, server.url) }))
      }
      assertNoErrors(one.name, [...ours, ...theirs])
      const [mine, base] = [median(ours), median(theirs)]
      const ratio = (mine.perSecond / base.perSecond).toFixed(2)
      row(one.name, mine.perSecond.toFixed(0), mine.p99.toFixed(2), base.perSecond.toFixed(0), ratio, String(one.goal))
    } finally {
      await bare.stop()
    }
  }
}

function loadOf({ path, headers, ids }: Case, url: string) {
  const lua =
    ids === undefined
      ? undefined
      : `wrk.method = "POST"; return wrk.format(nil, nil, nil, ${JSON.stringify(JSON.stringify(ids))})`
  return { url: `${url}${path}`, connections: CONNECTIONS, seconds: SECONDS, headers, ...(lua !== undefined && { lua }) }
}

/** What the bare server is to answer: our own answer, or the objects out of which it builds the batch. */
async function tellBare(url: string, { path, headers, ids }: Case): Promise<object> {
  const answer = await fetch(`${url}${path}`, {
    headers: { ...headers },
    ...(ids !== undefined && { method: 'POST', body: JSON.stringify(ids) }),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`)
  if (ids === undefined) return { fixed: { [path]: { type: answer.headers.get('content-type'), text } }, batches: {} }
  const entries = (JSON.parse(text) as { user_id: string }[]).map((status) => [status.user_id, status])
  return { fixed: {}, batches: { [path]: Object.fromEntries(entries) } }
}

/** Durable sets beside the same server with the ledger in memory, and reads while they go on. */
async function benchWrites(): Promise<void> {
  console.log(
    `\nDurable sets (Mattermost PUT status, each changes something), ratio to the same server with a ledger in memory.\n`,
  )
  row('case', 'per s', 'p99 ms', 'memory per s', 'ratio', 'goal')
  const durable = await startRollcall()
  const memory = await startRollcall({ store: 'memory:' })
  try {
    const [forDurable, forMemory] = [setsBy(await provision(durable.url)), setsBy(await provision(memory.url))]
    for (const connections of [64, 500]) {
      const [ours, theirs]: [Figures[], Figures[]] = [[], []]
      for (let round = 0; round < ROUNDS; round++) {
        theirs.push(await drive({ url: memory.url, connections, seconds: SECONDS, headers: {}, lua: forMemory }))
        ours.push(await drive({ url: durable.url, connections, seconds: SECONDS, headers: {}, lua: forDurable }))
      }
      assertNoErrors(`sets at ${connections}`, [...ours, ...theirs])
      const [mine, base] = [median(ours), median(theirs)]
      const goal = connections === 64 ? '0.55, p99 < 20 ms' : 'p99 < 250 ms'
      const ratio = (mine.perSecond / base.perSecond).toFixed(2)
      row(
        `set, ${connections} connections`,
        mine.perSecond.toFixed(0),
        mine.p99.toFixed(2),
        base.perSecond.toFixed(0),
        ratio,
        goal,
      )
    }
  } finally {
    await Promise.all([durable.stop(), memory.stop()])
  }
}

/** Each request sets another user's status, and the next time round another status. */
function setsBy(people: readonly Person[]): string {
  const ids = people.map(({ ids }) => JSON.stringify(ids.mattermost)).join(',')
  const tokens = people.map(({ token }) => JSON.stringify(token)).join(',')
  return `
    ids = ids or {${ids}}; tokens = tokens or {${tokens}}
    local i = counter % #ids + 1
    local status = math.floor(counter / #ids) % 2 == 0 and "dnd" or "away"
    local body = '{"user_id":"' .. ids[i] .. '","status":"' .. status .. '"}'
    return wrk.format("PUT", "/api/v4/users/" .. ids[i] .. "/status", { Authorization = "Bearer " .. tokens[i] }, body)`
}

async function provision(url: string): Promise<readonly Person[]> {
  const call = async (path: string, token: string | null, body: unknown, method = 'POST') => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { 'Content-Type': 'application/json', ...(token !== null && { Authorization: `Bearer ${token}` }) },
      body: JSON.stringify(body),
    })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as { id: string; ids: Person['ids']; token: string }
  }
  const { token: admin } = await call('/v1/login', null, ADMIN)
  return Promise.all(
    Array.from({ length: USERS }, async (_, number) => {
      const user = await call('/v1/users', admin, { username: `user${number}`, name: `User number ${number}` })
      const { token } = await call('/v1/tokens', admin, { name: 'bench', kind: 'personal', user: user.id })
      await call('/v1/presence/me/availability', token, { availability: number % 2 === 0 ? 'busy' : 'online' }, 'PUT')
      return { id: user.id, ids: user.ids, token }
    }),
  )
}

function median(figures: readonly Figures[]): Figures {
  const sorted = [...figures].sort((one, other) => one.perSecond - other.perSecond)
  const middle = sorted[Math.floor(sorted.length / 2)]
  if (middle === undefined) throw new Error('no rounds')
  return middle
}

function assertNoErrors(name: string, figures: readonly Figures[]): void {
  const errors = figures.reduce((sum, { errors }) => sum + errors, 0)
  if (errors > 0) throw new Error(`${name}: ${errors} answers were not 2xx`)
}

function row(...cells: readonly string[]): void {
  console.log(cells.map((cell, column) => (column === 0 ? cell.padEnd(26) : cell.padStart(14))).join(''))
}
