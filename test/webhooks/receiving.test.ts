import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { administratorOf } from '../cli/command.ts'
import { freePort } from '../ports.ts'
import { type Server, startServer } from '../server.ts'
import { ROOT } from '../sources.ts'
import { startReceiver } from './receiver.ts'

let server: Server
let rollcall: ReturnType<typeof administratorOf>

beforeAll(async () => {
  server = await startServer()
  rollcall = administratorOf(server)
  await server.call('PATCH', '/v1/settings', server.adminToken, { webhookHosts: ['127.0.0.1'] })
  await server.createUser({ username: 'anna', password: null })
})
afterAll(() => server.stop())

const setPresence = (availability: string) =>
  server.call('PUT', '/v1/presence/anna/availability', server.adminToken, { availability })

test('[WH1, WH14] the command line makes, lists, tries, shows and deletes webhooks', async () => {
  await using receiver = await startReceiver()
  const made = await rollcall([
    'webhook',
    'add',
    receiver.url,
    '--name',
    'wall',
    '--user',
    'anna',
    '--availability',
    'dnd',
    'busy',
  ])
  expect(made).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^whsec_\S{44}\n$/),
    stderr: expect.stringContaining('not shown again'),
  })
  const id = /webhook (\w+)\./.exec(made.stderr)?.[1] ?? ''
  expect((await rollcall(['webhook', 'list'])).stdout).toMatch(new RegExp(`^ID .*URL\\n${id}  active  wall  ${receiver.url}\\n$`))
  expect((await rollcall(['webhook', 'test', id])).stdout).toMatch(/^taken with 204 in \d+ ms\n$/)
  receiver.answerWith(() => 500)
  expect(await rollcall(['webhook', 'test', id])).toMatchObject({ code: 1, stdout: 'It answered 500.\n' })
  const { stdout } = await rollcall(['webhook', 'deliveries', id])
  expect(stdout.replaceAll(/20\S+Z|msg_\S+|\d+ ms/g, '…')).toBe(
    '…  …  It answered 500.\n…  …  taken with 204 in …\n0 users wait.\n',
  )
  expect((await rollcall(['webhook', 'remove', id])).stdout).toBe(`Webhook ${id} is deleted.\n`)
  expect(await rollcall(['webhook', 'remove', id])).toMatchObject({ code: 1, stderr: 'rollcall: There is no such webhook.\n' })
})

test('[WH8] the receiver of the examples prints what is signed, once, and refuses what is not', async () => {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/`
  const { id, secret } = await server.call('POST', '/v1/webhooks', server.adminToken, { url })
  const example = spawn(process.execPath, [join(ROOT, 'examples/webhook-receiver.ts')], {
    env: { PATH: process.env['PATH'], WEBHOOK_SECRET: secret, PORT: `${port}` },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const lines = linesOf(example)
    expect(await lines.next()).toBe(`listening on http://127.0.0.1:${port}`)
    await setPresence('busy')
    const { id: anna } = await server.call('GET', '/v1/users/anna', server.adminToken)
    expect(await lines.next()).toBe(`${anna} busy`)
    const forged = await fetch(url, {
      method: 'POST',
      headers: { 'webhook-id': 'msg_1', 'webhook-signature': 'v1,AAAA' },
      body: '{}',
    })
    expect(forged.status).toBe(401)
    expect((await server.call('POST', `/v1/webhooks/${id}/test`, server.adminToken)).status).toBe(204)
    await setPresence('away')
    expect(await lines.next()).toBe(`${anna} away`)
  } finally {
    example.kill()
    await once(example, 'close')
    await server.call('DELETE', `/v1/webhooks/${id}`, server.adminToken)
  }
})

function linesOf({ stdout }: ChildProcess) {
  if (stdout === null) throw new Error('its output is not read')
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]()
  return { next: async () => (await lines.next()).value as string }
}
