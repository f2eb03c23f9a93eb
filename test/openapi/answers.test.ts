import { afterAll, beforeAll, expect, test } from 'vitest'
import { ADMIN, startServer } from '../server.ts'
import { ask } from './caller.ts'
import { readDocument } from './document.ts'
import { createJudge, type Judge } from './judge.ts'
import { walkClient } from './walk-client.ts'
import { walkConsole } from './walk-console.ts'
import { walkGroups } from './walk-groups.ts'
import { walkHistory } from './walk-history.ts'
import { walkMattermost } from './walk-mattermost.ts'
import { walkNative } from './walk-native.ts'
import { walkRocketChat } from './walk-rocketchat.ts'
import { walkSuperOffice } from './walk-superoffice.ts'
import { walkWebhooks } from './walk-webhooks.ts'
import { createWalk, type World } from './walker.ts'

let world: World
let judge: Judge

beforeAll(async () => {
  const server = await startServer()
  judge = createJudge(await readDocument(server))
  const admin = await server.login(ADMIN.username, ADMIN.password)
  const ann = await server.createUser({ username: 'ann', password: null })
  world = { server, admin, ann, walk: createWalk(server, admin, judge) }
})
afterAll(() => world.server.stop())

test('[O3] what the native API really answers is what the document says', () => walkNative(world))
test('[O3] what is really answered of the console and of presets is what the document says', () => walkConsole(world))
test('[O3] what is really answered of groups is what the document says', () => walkGroups(world))
test('[O3] what is really answered to pages is what the document says', () => walkClient(world))
test('[O3] what is really answered of webhooks is what the document says', () => walkWebhooks(world))
test('[O3] what is really answered of history is what the document says', () => walkHistory(world))
test('[O3] what Rocket.Chat’s dialect really answers is what the document says', () => walkRocketChat(world))
test('[O3] what Mattermost’s dialect really answers is what the document says', () => walkMattermost(world))
test('[O3] what SuperOffice’s dialect really answers is what the document says', () => walkSuperOffice(world))

test('[O3] every operation was answered with each success that it names', () => {
  const missing = judge.operations.flatMap((operation) => {
    const successes = Object.keys(operation.responses).filter((status) => status.startsWith('2'))
    const seen = judge.statusesSeen(operation)
    return successes
      .filter((status) => !seen.has(Number(status)))
      .map((status) => `${operation.method} ${operation.address} ${status}`)
  })
  expect(missing).toEqual([])
})

test('[O3] whoever is not known is refused as the document says, at every operation that asks who calls', async () => {
  const secured = judge.operations.filter(({ security }) => security.length > 0)
  expect(secured.length).toBeGreaterThan(80)
  for (const operation of secured) {
    const path = operation.address.replace(/\{\w+\}/g, 'a'.repeat(26))
    const answer = await ask(world.server, { as: null, method: operation.method, path })
    expect({ path, status: answer.status, faults: judge.faultsOf(operation, answer) }).toEqual({ path, status: 401, faults: [] })
  }
})

test('[O3] bodies that are none, too large or of another kind are answered as the document says', async () => {
  const { server, admin } = world
  const json = { 'Content-Type': 'application/json' }
  const bodies = [
    { body: '{"', headers: json },
    { body: 'null', headers: json },
    { body: '[]', headers: json },
    { body: Buffer.from([0x22, 0xff, 0x22]), headers: json },
    { body: 'plain', headers: { 'Content-Type': 'text/plain' } },
    { body: JSON.stringify('x'.repeat(2_000_000)), headers: json },
  ]
  for (const operation of judge.operations.filter(({ requestBody }) => requestBody !== undefined)) {
    const path = operation.address.replace(/\{\w+\}/g, 'a'.repeat(26))
    for (const asking of bodies) {
      const answer = await ask(server, { ...asking, as: admin, method: operation.method, path }).catch(hungUp)
      if (answer === null) continue
      expect({ path, ...asking, status: answer.status, faults: judge.faultsOf(operation, answer) }).toMatchObject({ faults: [] })
    }
  }
})

test('[O4] at an address that is nobody’s, a body of no known type is refused in its dialect’s form', async () => {
  for (const [path, form] of [
    ['/v1/none', '"type":"urn:rollcall:problem:no-such-route"'],
    ['/api/v1/users.none', '"success":false'],
    ['/api/v4/none', '"status_code":404'],
    ['/api/v1/None', '"Message":'],
  ] as const) {
    const headers = { 'Content-Type': 'nonsense' }
    const { status, text } = await ask(world.server, { as: null, method: 'POST', path, headers, body: 'x' })
    expect({ path, status, text }).toEqual({ path, status: 404, text: expect.stringContaining(form) })
  }
})

/** A server may hang up on a body that it will not read before its answer is seen. */
function hungUp(error: NodeJS.ErrnoException): null {
  if (error.code === 'ECONNRESET' || error.code === 'EPIPE') return null
  throw error
}
