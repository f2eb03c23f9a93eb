import { expect, onTestFinished, test, vi } from 'vitest'
import { type Page, reportActivity } from '../../src/client/activity.ts'
import { connect } from '../../src/client/client.ts'
import { type Person, startServer } from '../server.ts'
import { startProxy } from './proxy.ts'

const IDLE_MS = 300

/** A tab of anna's browser, with a connection of its own. */
function openTab(url: string, token: string, app: string) {
  const page: EventTarget & Page = new EventTarget()
  const client = connect({ url, token })
  const stop = reportActivity({ client, app, idleAfterMs: IDLE_MS, sayMs: 50, page })
  onTestFinished(() => {
    stop()
    client.close()
  })
  const type = () => page.dispatchEvent(new Event('keydown'))
  return { client, stop, type }
}

async function watched() {
  const server = await startServer({ store: 'memory:' })
  onTestFinished(async () => void (await server.stop()))
  const [anna, bob] = [
    await server.createUser({ username: 'anna', password: null }),
    await server.createUser({ username: 'bob', password: null }),
  ]
  const heard: string[] = []
  const client = connect({ url: server.url, token: bob.token })
  onTestFinished(() => client.close())
  client.watch([anna.user.id], (presence) => heard.push(presence?.availability ?? 'gone'))
  await client.ready()
  return { server, anna, heard }
}

/** Longer than the grace: a tab that comes before the server saw the other one go gets a session of its own until that ends. */
const until = (look: () => void): Promise<void> => vi.waitFor(look, 15_000)

test('[X9] input makes the user of a page online, and none for a while idle', async () => {
  const { server, anna, heard } = await watched()
  const tab = openTab(server.url, anna.token, 'one')
  await until(() => expect(heard.at(-1)).toBe('online'))
  await until(() => expect(heard.at(-1)).toBe('away'))
  tab.type()
  await until(() => expect(heard.at(-1)).toBe('online'))
  tab.stop()
  await until(() => expect(heard.at(-1)).toBe('offline'))
  expect(heard.slice(0, 4)).toEqual(['offline', 'online', 'away', 'online'])
})

test('[X9] several tabs are one session: input in any counts, and another takes it over when one goes', async () => {
  const { server, anna, heard } = await watched()
  const first = openTab(server.url, anna.token, 'several')
  await until(() => expect(heard.at(-1)).toBe('online'))
  const second = openTab(server.url, anna.token, 'several')
  await until(() => expect(heard.at(-1)).toBe('away'))
  expect(await sessionsOf(server.url, anna)).toBe(1)
  second.type()
  await until(() => expect(heard.at(-1)).toBe('online'))
  first.stop()
  await until(() => expect(second.client.state).toBe('live'))
  await until(() => expect(heard.at(-1)).toBe('away'))
  second.type()
  await until(() => expect(heard.at(-1)).toBe('online'))
  expect(await sessionsOf(server.url, anna)).toBe(1)
  expect(heard.slice(1)).not.toContain('offline')
})

test('[X9] another tab takes the session over before the server has seen the first one go', async () => {
  const { server, anna, heard } = await watched()
  await using network = await startProxy(server.url)
  const first = openTab(network.url, anna.token, 'held')
  await until(() => expect(heard.at(-1)).toBe('online'))
  const channel = new BroadcastChannel(`rollcall held ${first.client.tail}`)
  const known = new Promise((resolve) => (channel.onmessage = ({ data }) => typeof data === 'string' && resolve(data)))
  const second = openTab(server.url, anna.token, 'held')
  await known
  channel.close()
  await until(() => expect(heard.at(-1)).toBe('away'))
  network.hold()
  first.stop()
  await until(() => expect(second.client.state).toBe('live'))
  second.type()
  await until(() => expect(heard.at(-1)).toBe('online'))
  expect(await sessionsOf(server.url, anna)).toBe(1)
  second.stop()
  await until(() => expect(heard.at(-1)).toBe('offline'))
})

test('[X9] without a socket too: heartbeats of the next tab are for the same session', async () => {
  const { server, anna, heard } = await watched()
  const sessions: string[] = []
  const attend = (resumes: string | null) => {
    const client = connect({ url: server.url, token: anna.token, transport: 'stream' })
    onTestFinished(client.close)
    return client.commands.attend({ app: 'beats', platform: 'web', resumes, began: (id) => sessions.push(id) })
  }
  const first = attend(null)
  await until(() => expect(sessions).toHaveLength(1))
  first.cut()
  const second = attend(first.sessionId)
  await until(() => expect(sessions).toHaveLength(2))
  expect(new Set(sessions)).toEqual(new Set([first.sessionId]))
  expect(await sessionsOf(server.url, anna)).toBe(1)
  second.leave()
  await until(() => expect(heard.at(-1)).toBe('offline'))
})

async function sessionsOf(url: string, { token, user }: Person): Promise<number> {
  const { facts } = await connect({ url, token }).commands.explain(user.id)
  return facts.filter(({ kind }) => kind === 'session').length
}
