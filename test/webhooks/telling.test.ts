import { expect, test } from 'vitest'
import { createMemoryLedger } from '../../src/ledgers/memory.ts'
import { type Office, openOffice } from './office.ts'
import { type Received, type Receiver, startReceiver } from './receiver.ts'

const usersOf = ({ message }: Received): string[] => message.presences.map(({ userId }: { userId: string }) => userId)
const tellsOf = (userId: string, availability: string) => (received: Received) =>
  received.message.presences.some(
    (one: { userId: string; availability: string }) => one.userId === userId && one.availability === availability,
  )

/** Resolves once the mirror of what was received is the snapshot that strangers read. */
async function untilSame(receiver: Receiver, office: Office, users: readonly string[]): Promise<void> {
  const shown = Object.fromEntries(users.map((userId) => [userId, office.view.get(userId)?.availability]))
  const same = () => users.every((userId) => receiver.mirror()[userId] === shown[userId])
  await receiver.until(1, same)
}

test('[WH2] it is told what strangers see, in the native shape, from its making on', async () => {
  await using receiver = await startReceiver()
  await using office = await openOffice()
  const anna = await office.addUser('anna')
  await office.set(anna, 'away')
  const { webhook } = await office.hooks.create({ url: receiver.url })
  await office.set(anna, 'busy')
  const [first] = await receiver.until(1)
  const { id, at, presences, ...rest } = first?.message ?? {}
  expect(rest).toEqual({ type: 'presence.changed', webhookId: webhook.id, removed: [], full: false })
  expect(presences).toEqual([
    {
      eventId: expect.stringMatching(/^evt_[\w-]{22}$/),
      userId: anna,
      availability: 'busy',
      since: at,
      source: 'manual',
      manual: true,
      lastActiveAt: null,
    },
  ])
  expect(first?.headers).toMatchObject({ 'content-type': 'application/json', 'webhook-id': id })
})

test('[WH2] nothing that a hidden user does is told, not even to an administrator’s webhook', async () => {
  await using receiver = await startReceiver()
  await using office = await openOffice()
  const [anna, berta] = [await office.addUser('anna'), await office.addUser('berta')]
  await office.hooks.create({ url: receiver.url })
  await office.set(anna, 'busy')
  await receiver.until(1, tellsOf(anna, 'busy'))
  await office.set(anna, 'offline')
  const [hidden] = await receiver.until(1, tellsOf(anna, 'offline'))
  expect(hidden?.message.presences[0]).toMatchObject({ source: 'none', manual: false })
  const told = receiver.received.length
  await office.openSession(anna)
  await office.set(berta, 'busy')
  await receiver.until(1, tellsOf(berta, 'busy'))
  expect(receiver.received.slice(told).flatMap(usersOf)).not.toContain(anna)
})

test('[WH3] only those who are named, or in a group at that moment, and only what they may be', async () => {
  await using receiver = await startReceiver()
  const members = new Set<string>()
  const groups = { find: (word: string) => (word === 'Support' ? 'g1' : null), has: (_: string, id: string) => members.has(id) }
  await using office = await openOffice({ groups })
  const [anna, berta, carl] = [await office.addUser('anna'), await office.addUser('berta'), await office.addUser('carl')]
  members.add(berta)
  const { webhook } = await office.hooks.create({
    url: receiver.url,
    users: [anna],
    groups: ['Support'],
    availabilities: ['busy', 'dnd'],
  })
  expect(webhook.groups).toEqual(['g1'])
  for (const userId of [carl, anna, berta]) await office.set(userId, 'away')
  for (const userId of [carl, anna, berta]) await office.set(userId, 'busy')
  await receiver.until(1, tellsOf(anna, 'busy'))
  await receiver.until(1, tellsOf(berta, 'busy'))
  members.delete(berta)
  await office.set(berta, 'dnd')
  await office.set(anna, 'dnd')
  await receiver.until(1, tellsOf(anna, 'dnd'))
  expect(new Set(receiver.received.flatMap(usersOf))).toEqual(new Set([anna, berta]))
  expect(receiver.received.filter(tellsOf(berta, 'dnd'))).toEqual([])
  expect(receiver.received.filter(tellsOf(anna, 'away'))).toEqual([])
})

test('[WH3] a webhook of named users hears of them alone, also that they are no more', async () => {
  await using receiver = await startReceiver()
  await using office = await openOffice()
  const [anna, berta] = [await office.addUser('anna'), await office.addUser('berta')]
  await office.hooks.create({ url: receiver.url, users: [anna] })
  await office.set(berta, 'busy')
  await office.administration.deleteUser(berta)
  await office.administration.deleteUser(anna)
  const [first] = await receiver.until(1)
  expect(first?.message).toMatchObject({ presences: [], removed: [anna] })
})

test('[WH4] many changes of many users go as few messages of at most a hundred, and make the present snapshot', async () => {
  await using receiver = await startReceiver()
  await using office = await openOffice({ limits: { coalesceMs: 50 } })
  const users: string[] = []
  for (let number = 0; number < 250; number++) users.push(await office.addUser(`${number}-user`))
  await office.hooks.create({ url: receiver.url })
  for (const availability of ['away', 'dnd', 'busy'] as const)
    await Promise.all(users.map((userId) => office.set(userId, availability)))
  await untilSame(receiver, office, users)
  expect(Math.max(...receiver.received.map((one) => usersOf(one).length))).toBeLessThanOrEqual(100)
  expect(receiver.received.length).toBeLessThan(250)
})

test('[WH4] who waits for a receiver that is away takes bounded memory, and nobody is left out', async () => {
  await using receiver = await startReceiver()
  await using office = await openOffice({ limits: { waitingUsersMax: 20, retryMs: [50, 50, 50, 50, 50, 50] } })
  const users: string[] = []
  for (let number = 0; number < 60; number++) users.push(await office.addUser(`${number}-user`))
  const { webhook } = await office.hooks.create({ url: receiver.url })
  let isAway = true
  receiver.answerWith(() => (isAway ? 503 : 204))
  await office.set(users[0] ?? '', 'away')
  await receiver.until(1)
  await Promise.all(users.map((userId) => office.set(userId, 'busy')))
  expect(office.hooks.deliveries(webhook.id).waiting).toBeLessThanOrEqual(20)
  isAway = false
  await untilSame(receiver, office, users)
})

test('[WH6] the same is told under the same ids, something else under others', async () => {
  await using receiver = await startReceiver()
  await using office = await openOffice()
  const anna = await office.addUser('anna')
  let taken = false
  receiver.answerWith(() => (taken ? 204 : 500))
  await office.hooks.create({ url: receiver.url })
  await office.set(anna, 'busy')
  const [one, again] = await receiver.until(2)
  expect(again?.text).toBe(one?.text)
  taken = true
  await office.set(anna, 'dnd')
  const [other] = await receiver.until(1, tellsOf(anna, 'dnd'))
  expect(other?.message.id).not.toBe(one?.message.id)
  expect(other?.message.presences[0].eventId).not.toBe(one?.message.presences[0].eventId)
})

test('[WH5, WH6] what was not taken is told after a restart, under the same ids; what was taken is not', async () => {
  await using receiver = await startReceiver()
  const ledger = createMemoryLedger()
  const before = await openOffice({ ledger, limits: { retryMs: [60_000] } })
  const [anna, berta] = [await before.addUser('anna'), await before.addUser('berta')]
  await before.hooks.create({ url: receiver.url })
  await before.set(anna, 'busy')
  await receiver.until(1, tellsOf(anna, 'busy'))
  receiver.answerWith(() => 500)
  await before.set(berta, 'busy')
  const [refused] = await receiver.until(1, tellsOf(berta, 'busy'))
  await before.close()
  receiver.answerWith(() => 204)
  await using after = await openOffice({ ledger })
  const [, again] = await receiver.until(2, tellsOf(berta, 'busy'))
  expect(again?.text).toBe(refused?.text)
  await after.set(anna, 'dnd')
  await receiver.until(1, tellsOf(anna, 'dnd'))
  expect(receiver.received.filter(tellsOf(anna, 'busy'))).toHaveLength(1)
})

test('[WH5] a webhook with nothing to tell keeps its place, so that nothing old is told after a restart', async () => {
  await using receiver = await startReceiver()
  const ledger = createMemoryLedger()
  const before = await openOffice({ ledger })
  const [anna, berta, carl] = [await before.addUser('anna'), await before.addUser('berta'), await before.addUser('carl')]
  await before.hooks.create({ url: receiver.url, users: [anna] })
  await before.set(anna, 'busy')
  await receiver.until(1)
  await before.set(berta, 'busy')
  await before.administration.deleteUser(carl)
  await before.close()
  await using after = await openOffice({ ledger })
  await after.set(anna, 'dnd')
  await receiver.until(1, tellsOf(anna, 'dnd'))
  expect(receiver.received).toHaveLength(2)
})

test('[WH5] where the removed cannot be named any more, everybody is told anew', async () => {
  await using receiver = await startReceiver()
  const ledger = createMemoryLedger()
  const before = await openOffice({ ledger, limits: { retryMs: [60_000] } })
  const [anna, berta] = [await before.addUser('anna'), await before.addUser('berta')]
  await before.hooks.create({ url: receiver.url, users: [anna, berta] })
  receiver.answerWith(() => 500)
  await before.set(anna, 'busy')
  await receiver.until(1)
  await before.administration.deleteUser(berta)
  await before.close()
  receiver.answerWith(() => 204)
  await using _after = await openOffice({ ledger })
  const [full] = await receiver.until(1, ({ message }) => message.full)
  expect(usersOf(full ?? never())).toEqual([anna])
})

test('[WH7] a node that does not deliver tells nothing, and goes on from where the other one stopped', async () => {
  await using receiver = await startReceiver()
  let isOurs = false
  await using office = await openOffice({ onDuty: () => isOurs })
  const anna = await office.addUser('anna')
  await office.hooks.create({ url: receiver.url })
  await office.set(anna, 'busy')
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(receiver.received).toEqual([])
  isOurs = true
  await receiver.until(1, tellsOf(anna, 'busy'))
})

test('[WH7] a node that ceases to deliver in the middle of its tries leaves the rest to the other one', async () => {
  await using receiver = await startReceiver()
  receiver.answerWith(() => 500)
  const ledger = createMemoryLedger()
  let isOurs = true
  await using one = await openOffice({ ledger, onDuty: () => isOurs, limits: { retryMs: Array.from({ length: 99 }, () => 5) } })
  const anna = await one.addUser('anna')
  await one.hooks.create({ url: receiver.url })
  await one.set(anna, 'busy')
  await receiver.until(2)
  isOurs = false
  await new Promise((resolve) => setTimeout(resolve, 50))
  const tried = receiver.received.length
  receiver.answerWith(() => 204)
  await using _other = await openOffice({ ledger, onDuty: () => !isOurs })
  await receiver.until(tried + 1, tellsOf(anna, 'busy'))
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(receiver.received).toHaveLength(tried + 1)
})

function never(): never {
  throw new Error('this cannot be')
}
