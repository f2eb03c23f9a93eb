import { parseArgs } from 'node:util'
import fc from 'fast-check'
import { ADMIN, type Person, type Server, startServer } from '../server.ts'
import { ask } from './caller.ts'
import { type OpenApi, type Operation, readDocument } from './document.ts'
import { type Input, inputsOf } from './inputs.ts'
import { type Answer, createJudge, type Judge } from './judge.ts'
import type { Known } from './values.ts'

export interface FuzzParts {
  readonly seed: number
  /** Inputs of each operation in one round. */
  readonly inputsEach: number
  /** Rounds go on until then, in ms since 1970; at least one is run. */
  readonly until: number
}

export interface Fuzzed {
  readonly calls: number
  /** What the document does not say, each with the request that brings it about. */
  readonly faults: readonly string[]
  readonly operations: number
  /** Those that never succeeded, by what they answered instead. */
  readonly refused: readonly string[]
}

/** Sends every operation of a real server what it says it takes, and what it does not; a new server when nobody may call any more. */
export async function fuzz({ seed, inputsEach, until }: FuzzParts): Promise<Fuzzed> {
  const faults: string[] = []
  const answered = new Map<string, number[]>()
  let [calls, operations, round] = [0, 0, 0]
  let world = await startWorld()
  try {
    do {
      operations = world.judge.operations.length
      for (const operation of inOrder(world.judge.operations)) {
        world = (await isWhole(world)) ? world : await startAnew(world)
        const inputs = fc.sample(inputsOf(operation, world.document, world.known), { seed: seed + round, numRuns: inputsEach })
        for (const input of inputs) {
          calls++
          const answer = await send(world, operation, input)
          answered.set(operation.operationId, [...(answered.get(operation.operationId) ?? []), answer.status])
          for (const fault of faultsOf(world.judge, operation, input, answer))
            faults.push(`seed ${seed + round}: ${operation.method} ${JSON.stringify(input)} ${fault}`)
        }
      }
      round++
    } while (Date.now() < until)
  } finally {
    await world.server.stop()
  }
  const refused = [...answered].filter(([, statuses]) => statuses.every((status) => status >= 300))
  return { calls, faults, operations, refused: refused.map(([name, statuses]) => `${name}: ${[...new Set(statuses)].join(' ')}`) }
}

interface World {
  readonly server: Server
  readonly document: OpenApi
  readonly judge: Judge
  readonly admin: Person
  readonly ann: Person
  readonly known: Known
}

/** What takes things away comes last. */
const inOrder = (operations: readonly Operation[]): Operation[] =>
  operations.toSorted((one, other) => Number(takesAway(one)) - Number(takesAway(other)))

const takesAway = ({ method, address }: Operation): boolean => method === 'DELETE' || /delete|revoke|remove/i.test(address)

/** Nobody listens there. */
const NOWHERE = 'http://127.0.0.1:9/'

async function startAnew({ server }: World): Promise<World> {
  await server.stop()
  return startWorld()
}

/** Whether those who call may still do so: what is sent may be that they are no more. */
async function isWhole({ server, admin, ann }: World): Promise<boolean> {
  const asked = [admin, ann].map((as) => ask(server, { as, method: 'GET', path: '/v1/users/me' }))
  const [ofAdmin, ofAnn] = await Promise.all(asked)
  return ofAnn?.status === 200 && ofAdmin?.status === 200 && JSON.parse(ofAdmin.text).roles.includes('admin')
}

async function startWorld(): Promise<World> {
  const server = await startServer({ store: 'memory:' })
  const document = await readDocument(server)
  const admin = await server.login(ADMIN.username, ADMIN.password)
  const ann = await server.createUser({ username: 'ann', password: null })
  await server.createUser({ username: 'bob', password: null })
  const group = await server.call('POST', '/v1/groups', admin.token, { name: 'support', members: ['ann', 'bob'] })
  const token = await server.call('POST', '/v1/tokens', admin.token, { name: 'known', kind: 'application' })
  await server.call('PATCH', '/v1/settings', admin.token, { webhookHosts: ['127.0.0.1'], history: 'all' })
  const { id: webhook } = await server.call('POST', '/v1/webhooks', admin.token, { url: NOWHERE })
  const { sessionId } = await server.call('POST', '/v1/sessions', admin.token, { app: 'fuzz', platform: 'test' })
  await server.call('PUT', '/v1/presence/ann/claims/call:1', admin.token, { availability: 'busy' })
  const { cursor } = await server.call('GET', '/v1/presence', admin.token)
  const soon = [1, 60, 100_000].map((seconds) => new Date(Date.now() + seconds * 1000).toISOString())
  const users = ['ann', 'bob', 'me', ann.user.id]
  const known: Known = {
    ...Object.fromEntries(['user', 'users', 'members', 'add', 'remove'].map((name) => [name, users])),
    ...Object.fromEntries(['until', 'from', 'to', 'at', 'expiresAt', 'expires_at', 'lastInputAt'].map((name) => [name, soon])),
    ...Object.fromEntries(['userId', '_id', 'ids'].map((name) => [name, [ann.user.ids.rocketchat]])),
    ...Object.fromEntries(['associateId', 'AssociateId'].map((name) => [name, [ann.user.ids.superoffice]])),
    user_id: [ann.user.ids.mattermost],
    username: ['ann', 'carl', 'dora'],
    group: [group.id, 'support'],
    groups: [group.id],
    session: [sessionId],
    webhook: [webhook],
    token: [token.id],
    claim: ['call:1', 'app:1'],
    url: [NOWHERE],
    since: [cursor],
    id: ['Accounts_AllowUserStatusMessageChange', ann.user.ids.mattermost],
    file: ['page.js', 'page.css'],
    zone: ['Europe/Oslo', '+05:30'],
    emoji: ['tea', ':tea:'],
    email: ['carl@a.example', 'dora@a.example'],
    sort: ['{"name":1}'],
    category: ['kept'],
    name: ['kept', 'one', 'UserPresence:away'],
    tokenName: ['one', 'two'],
    message: [JSON.stringify({ msg: 'method', id: '1', method: 'UserPresence:away', params: [] }), 'here'],
  }
  return { server, document, judge: createJudge(document), admin, ann, known }
}

/** The administrator's token is made anew for each call that might end it. */
async function send(
  { server, admin, ann }: World,
  { method, address }: Operation,
  { as, path, headers, body }: Input,
): Promise<Answer> {
  const endsToken = /logout|tokens/i.test(address)
  const caller = as === null ? null : as === 'ann' ? ann : endsToken ? await anew(server, admin) : admin
  return ask(server, { as: caller, method, path, headers, body })
}

async function anew(server: Server, admin: Person): Promise<Person> {
  const { token } = await server.call('POST', '/v1/tokens', admin.token, { name: 'fuzz', kind: 'personal' })
  return { user: admin.user, token }
}

function faultsOf(judge: Judge, operation: Operation, { isPlain }: Input, answer: Answer): readonly string[] {
  const { status, text } = answer
  if (status === 500) return [`is a bug of ours: ${text}`]
  // An address that is not plain may be that of another operation, or of none.
  return isPlain ? judge.faultsOf(operation, answer).map((fault) => `${status}: ${fault} (${text.slice(0, 200)})`) : []
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { seconds: { type: 'string', default: '30' }, seed: { type: 'string', default: String(Date.now() % 1e9) } },
  })
  const until = Date.now() + Number(values.seconds) * 1000
  const { calls, faults, operations, refused } = await fuzz({ seed: Number(values.seed), inputsEach: 40, until })
  for (const fault of faults.slice(0, 50)) process.stdout.write(`${fault}\n`)
  process.stdout.write(
    `${calls} calls with seed ${values.seed}, ${refused.length} of ${operations} operations never succeeded, ${faults.length} faults\n`,
  )
  if (faults.length > 0) process.exitCode = 1
}
