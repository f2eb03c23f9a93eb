import { createServer } from 'node:net'
import { expect, test, vi } from 'vitest'
import { createMemoryLedger } from '../../src/ledgers/memory.ts'
import { keysOf } from '../directory/house.ts'
import { type Office, openOffice } from './office.ts'
import { isSignedBy, type Receiver, startReceiver } from './receiver.ts'

const tells =
  (userId: string) =>
  ({ message }: { readonly message: { readonly presences: readonly { readonly userId: string }[] } }) =>
    message.presences?.some((presence) => presence.userId === userId) ?? false

/** A webhook to a receiver, with a user who is busy. */
async function busyAnna(office: Office, receiver: Receiver) {
  const anna = await office.addUser('anna')
  const { webhook, secret } = await office.hooks.create({ url: receiver.url })
  await office.set(anna, 'busy')
  return { anna, id: webhook.id, secret, deliveries: () => office.hooks.deliveries(webhook.id) }
}

test('[WH9] one request at a time for a webhook, and a bounded number for all', async () => {
  await using receiver = await startReceiver()
  receiver.answerWith(() => ({ status: 204, afterMs: 30 }))
  await using office = await openOffice({ limits: { requestsMax: 2, batchUsersMax: 1 } })
  const users = await Promise.all(['anna', 'berta', 'carl'].map(office.addUser))
  const { webhook } = await office.hooks.create({ url: receiver.url })
  await Promise.all(users.map((userId) => office.set(userId, 'busy')))
  await receiver.until(3)
  expect(receiver.atOnceMax()).toBe(1)
  for (let more = 0; more < 3; more++) await office.hooks.create({ url: receiver.url })
  await office.hooks.remove(webhook.id)
  await Promise.all(users.map((userId) => office.set(userId, 'dnd')))
  await receiver.until(12)
  expect(receiver.atOnceMax()).toBe(2)
})

test('[WH9] a receiver that hangs is hung up in time, and holds no other up', async () => {
  await using slow = await startReceiver()
  await using receiver = await startReceiver()
  slow.answerWith(() => 'hang')
  await using office = await openOffice({ limits: { answerMsMax: 150 } })
  await office.hooks.create({ url: receiver.url })
  const { anna, deliveries } = await busyAnna(office, slow)
  await receiver.until(1, tells(anna))
  await vi.waitUntil(() => deliveries().recent.length > 0)
  expect(deliveries().recent[0]).toMatchObject({ status: null, why: 'It did not answer within 0.15 s.' })
})

test('[WH9] a receiver that floods is hung up, and its status counts', async () => {
  let written = 0
  const closed = Promise.withResolvers<void>()
  const flood = createServer((socket) => {
    socket.on('error', () => {}).on('close', () => closed.resolve())
    const pour = (): void => {
      while (!socket.destroyed && socket.write(Buffer.alloc(16_384))) written += 16_384
    }
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n')
      socket.on('drain', pour)
      pour()
    })
  })
  await new Promise<void>((resolve) => flood.listen(0, '127.0.0.1', resolve))
  await using office = await openOffice()
  const anna = await office.addUser('anna')
  const { port } = flood.address() as { port: number }
  const { webhook } = await office.hooks.create({ url: `http://127.0.0.1:${port}/` })
  await office.set(anna, 'busy')
  await closed.promise
  await vi.waitUntil(() => office.hooks.deliveries(webhook.id).recent.length > 0)
  expect(office.hooks.deliveries(webhook.id).recent[0]).toMatchObject({ status: 200, why: null })
  expect(written).toBeLessThan(100_000_000)
  await new Promise((resolve) => flood.close(resolve))
})

test('[WH10] what is not taken is tried again, not before its Retry-After, with what is true by then', async () => {
  await using receiver = await startReceiver()
  await using office = await openOffice({ limits: { retryMs: [5, 5, 5], retryAfterMsMax: 200 } })
  receiver.answerWith(() => ({ status: 503, headers: { 'Retry-After': '3600' } }))
  const { anna, deliveries } = await busyAnna(office, receiver)
  await receiver.until(1)
  await vi.waitUntil(() => deliveries().failingSince !== null)
  await office.set(anna, 'dnd')
  receiver.answerWith(() => 204)
  const [, second] = await receiver.until(2)
  expect(second?.message.presences[0].availability).toBe('dnd')
  await vi.waitUntil(() => deliveries().failingSince === null && deliveries().recent.length === 2)
  const [last, first] = deliveries().recent
  expect([first, last]).toMatchObject([
    { number: 1, status: 503, why: 'It answered 503.' },
    { number: 2, status: 204, why: null },
  ])
  expect((last?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(200)
})

test('[WH10] a Retry-After that is a date is waited for as one that is seconds', async () => {
  await using receiver = await startReceiver()
  await using office = await openOffice({ limits: { retryMs: [5], retryAfterMsMax: 200 } })
  receiver.answerWith(() => ({ status: 503, headers: { 'Retry-After': new Date(Date.now() + 3_600_000).toUTCString() } }))
  const { deliveries } = await busyAnna(office, receiver)
  await receiver.until(2)
  await vi.waitUntil(() => deliveries().recent.length === 2)
  const [last, first] = deliveries().recent
  expect((last?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(200)
})

test('[WH10, WH11] after so many tries it is a dead letter, the next goes on, and it is told again when asked', async () => {
  await using receiver = await startReceiver()
  const ledger = createMemoryLedger()
  const before = await openOffice({ ledger })
  let refused = ''
  receiver.answerWith(({ text }) => (refused !== '' && text.includes(refused) ? 500 : 204))
  refused = 'anna'
  const { anna, id } = await busyAnna(before, receiver)
  await vi.waitUntil(() => before.hooks.deliveries(id).dead.length === 1)
  expect(receiver.received.filter(tells(anna))).toHaveLength(3)
  const berta = await before.addUser('berta')
  await before.set(berta, 'busy')
  await receiver.until(1, tells(berta))
  await before.close()

  await using office = await openOffice({ ledger })
  const [letter] = office.hooks.deliveries(id).dead
  expect(letter).toMatchObject({ users: [anna], tries: 3, why: 'It answered 500.', wanted: false })
  expect(await office.hooks.redeliver(id, ['msg_none'])).toBe(0)
  expect(await office.hooks.redeliver(id, null)).toBe(1)
  await vi.waitUntil(() => office.hooks.deliveries(id).dead[0]?.tries === 6)
  refused = ''
  await office.set(anna, 'away')
  await office.hooks.redeliver(id, [office.hooks.deliveries(id).dead[0]?.messageId ?? ''])
  await vi.waitUntil(() => office.hooks.deliveries(id).dead.length === 0)
  expect(receiver.mirror()).toMatchObject({ anna: 'away' })
})

test('[WH11] dead letters are bounded, the oldest go', async () => {
  await using receiver = await startReceiver()
  receiver.answerWith(() => 500)
  await using office = await openOffice({ limits: { deadMax: 2, retryMs: [] } })
  const { id } = await busyAnna(office, receiver)
  const more = ['berta', 'carl', 'dora']
  for (const [at, name] of more.entries()) {
    await receiver.until(at + 1)
    await office.set(await office.addUser(name), 'busy')
    await receiver.until(1, tells(name))
  }
  await vi.waitUntil(() => office.hooks.deliveries(id).dead[0]?.users.includes('dora'))
  expect(office.hooks.deliveries(id).dead.map(({ users }) => users)).toEqual([['dora'], ['carl']])
})

test('[WH12] one that takes nothing for too long is switched off with words, and goes on when it is switched on', async () => {
  await using receiver = await startReceiver()
  receiver.answerWith(() => 500)
  await using office = await openOffice({ limits: { failingMsMax: 0 } })
  const { anna, id } = await busyAnna(office, receiver)
  await vi.waitUntil(() => !office.hooks.get(id).active)
  expect(office.hooks.get(id).disabled?.why).toMatch(/^Nothing was taken since 20\S+Z\. The last try: It answered 500\.$/)
  const tried = receiver.received.length
  await office.set(anna, 'dnd')
  receiver.answerWith(() => 204)
  expect(receiver.received).toHaveLength(tried)
  expect(await office.hooks.change(id, { active: true })).toMatchObject({ active: true, disabled: null })
  await receiver.until(1, ({ message }) => message.presences[0].availability === 'dnd')
  expect(office.hooks.deliveries(id).failingSince).toBeNull()
})

test('[WH12] one whose receiver answers 410 is switched off at once', async () => {
  await using receiver = await startReceiver()
  receiver.answerWith(() => 410)
  await using office = await openOffice()
  const { id } = await busyAnna(office, receiver)
  await vi.waitUntil(() => !office.hooks.get(id).active)
  expect(office.hooks.get(id).disabled?.why).toBe('It answered 410.')
  expect(receiver.received).toHaveLength(1)
})

test('[WH13] one that is changed in the middle of its tries goes on with its new words', async () => {
  await using old = await startReceiver()
  await using receiver = await startReceiver()
  old.answerWith(() => 500)
  await using office = await openOffice({ limits: { retryMs: [60_000] } })
  const { anna, id } = await busyAnna(office, old)
  await vi.waitUntil(() => office.hooks.deliveries(id).recent.length === 1)
  await office.hooks.change(id, { url: receiver.url, name: 'moved' })
  await receiver.until(1, tells(anna))
  expect(office.hooks.get(id)).toMatchObject({ url: receiver.url, name: 'moved', users: null })
})

test('[WH13] one that is deleted is told nothing more, and leaves nothing in the ledger', async () => {
  await using receiver = await startReceiver()
  receiver.answerWith(() => 500)
  await using office = await openOffice({ limits: { retryMs: [] } })
  const { id, anna } = await busyAnna(office, receiver)
  await vi.waitUntil(() => office.hooks.deliveries(id).dead.length === 1)
  await office.hooks.remove(id)
  await office.set(anna, 'dnd')
  await office.webhooks.close()
  expect(await keysOf(office.ledger)).not.toContainEqual(expect.stringMatching(/^webhook/))
  expect(receiver.received).toHaveLength(1)
  expect(() => office.hooks.get(id)).toThrow('There is no such webhook.')
})

test('[WH14] a test message tells of nobody, and says what became of it', async () => {
  await using receiver = await startReceiver()
  await using office = await openOffice()
  const { webhook, secret } = await office.hooks.create({ url: receiver.url, active: false })
  expect(await office.hooks.test(webhook.id)).toMatchObject({ number: 1, status: 204, why: null })
  const [sent] = receiver.received
  expect(sent?.message).toEqual({
    id: sent?.headers['webhook-id'],
    type: 'webhook.test',
    at: expect.any(String),
    webhookId: webhook.id,
  })
  expect(sent && isSignedBy(secret, sent)).toBe(true)
  receiver.answerWith(() => 'cut')
  expect(await office.hooks.test(webhook.id)).toMatchObject({ status: null, why: 'It hung up without an answer.' })
})

test('[WH8] a new secret signs beside the old one for as long as was said', async () => {
  await using receiver = await startReceiver()
  await using office = await openOffice()
  const { webhook, secret } = await office.hooks.create({ url: receiver.url })
  const send = async () => {
    await office.hooks.test(webhook.id)
    return receiver.received.at(-1) ?? expect.fail()
  }
  const rotated = await office.hooks.rotate(webhook.id, 3_600_000)
  expect(rotated.webhook.secrets).toEqual([
    { tail: rotated.secret.slice(-5), until: null },
    { tail: secret.slice(-5), until: expect.any(Number) },
  ])
  const both = await send()
  expect([isSignedBy(secret, both), isSignedBy(rotated.secret, both)]).toEqual([true, true])
  const last = await office.hooks.rotate(webhook.id, 0)
  const one = await send()
  expect([secret, rotated.secret, last.secret].map((each) => isSignedBy(each, one))).toEqual([false, false, true])
  const brief = await office.hooks.rotate(webhook.id, 1)
  await vi.waitUntil(() => office.hooks.get(webhook.id).secrets.length === 1)
  expect([last.secret, brief.secret].map((each) => each)).not.toContain('')
  const after = await send()
  expect([isSignedBy(last.secret, after), isSignedBy(brief.secret, after)]).toEqual([false, true])
})

test('[WH17] redirects of 307 and 308 are followed, at most 3; others are refusals', async () => {
  await using receiver = await startReceiver()
  await using office = await openOffice()
  const { webhook } = await office.hooks.create({ url: receiver.url })
  const answers = (status: number, location: string) =>
    receiver.answerWith(({ path }) => (path === '/there' ? 204 : { status, headers: { Location: location } }))
  const outcome = async () => {
    const { status, why } = await office.hooks.test(webhook.id)
    return [status, why]
  }
  answers(307, '/there')
  expect(await outcome()).toEqual([204, null])
  expect(receiver.received.at(-1)?.text).toBe(receiver.received.at(-2)?.text)
  answers(302, '/there')
  expect(await outcome()).toEqual([302, 'It answered 302; only 307 and 308 are followed.'])
  answers(308, '/hooks')
  expect(await outcome()).toEqual([308, 'It was redirected more than 3 times.'])
  answers(307, 'http://')
  expect(await outcome()).toEqual([307, 'It was redirected to no address.'])
  answers(308, 'ftp://example.org/')
  expect(await outcome()).toEqual([null, 'The url is refused: ftp: is not https.'])
})

test('[WH16] each redirect is checked as the first address was', async () => {
  await using receiver = await startReceiver()
  await using inside = await startReceiver('127.0.0.2')
  await using office = await openOffice()
  receiver.answerWith(() => ({ status: 307, headers: { Location: inside.url } }))
  const { webhook } = await office.hooks.create({ url: receiver.url })
  expect((await office.hooks.test(webhook.id)).why).toMatch(/127\.0\.0\.2.* is not a public address/)
  expect(inside.received).toEqual([])
})
