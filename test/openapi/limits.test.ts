import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Person, type Server, startServer } from '../server.ts'
import { ask } from './caller.ts'
import { readDocument } from './document.ts'
import { createJudge, type Judge } from './judge.ts'

let server: Server
let ann: Person
let judge: Judge

beforeAll(async () => {
  server = await startServer({ store: 'memory:', env: { ROLLCALL_RATE_LIMIT: 'on' } })
  judge = createJudge(await readDocument(server))
  ann = await server.createUser({ username: 'ann', password: null })
  await server.call('PATCH', '/v1/settings', server.adminToken, { rateCallsMax: 2 })
})
afterAll(() => server.stop())

test.for([
  ['native', '/v1/presence/me'],
  ['Rocket.Chat', '/api/v1/users.presence'],
  ['Mattermost', '/api/v4/users/me/status'],
  ['SuperOffice', '/api/v1/User/currentAssociate'],
])('[O5] %s: within the limit and beyond it, answers are as the document says', async ([, path = '']) => {
  const operation = judge.operationAt('GET', path)
  if (operation === null) throw new Error(`${path} is no operation`)
  for (const expected of [200, 200, 429]) {
    const answer = await ask(server, { as: ann, method: 'GET', path })
    expect({ status: answer.status, faults: judge.faultsOf(operation, answer) }).toEqual({ status: expected, faults: [] })
    if (expected === 429) expect(answer.headers['retry-after']).toMatch(/^\d+$/)
  }
})
