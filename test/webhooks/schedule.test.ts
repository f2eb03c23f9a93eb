import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AVAILABILITIES, type Availability } from '../../src/core/vocabulary.ts'
import { createMemoryLedger } from '../../src/ledgers/memory.ts'
import { openOffice } from './office.ts'
import { type Reply, startReceiver } from './receiver.ts'

const USERS = ['anna', 'berta', 'carl', 'dora']
const REPLIES: readonly Reply[] = [204, 500, 'cut', 'hang']

interface Step {
  readonly change?: { readonly user: string; readonly availability: Availability }
  readonly reply?: Reply
  readonly restart?: boolean
  readonly pauseMs?: number
}

const aStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      change: fc.record({ user: fc.constantFrom(...USERS), availability: fc.constantFrom(...AVAILABILITIES) }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ reply: fc.constantFrom(...REPLIES) }) },
  { weight: 1, arbitrary: fc.record({ restart: fc.constant(true) }) },
  { weight: 1, arbitrary: fc.record({ pauseMs: fc.nat({ max: 30 }) }) },
)

test('[WH4, WH5] through any schedule of changes, refusals, cuts and restarts, what was told makes the present snapshot', async () => {
  const steps = fc.array(aStep, { minLength: 5, maxLength: 25 })
  await fc.assert(fc.asyncProperty(steps, runSchedule), { numRuns: 12, endOnFailure: true })
})

async function runSchedule(steps: readonly Step[]): Promise<void> {
  await using receiver = await startReceiver()
  const ledger = createMemoryLedger()
  const open = () =>
    openOffice({
      ledger,
      limits: { answerMsMax: 60, waitingUsersMax: 2, batchUsersMax: 2, retryMs: Array.from({ length: 500 }, () => 4) },
    })
  let office = await open()
  for (const user of USERS) await office.addUser(user)
  const taken: Record<string, string> = Object.fromEntries(USERS.map((user) => [user, 'offline']))
  let reply: Reply = 204
  receiver.answerWith(({ message }) => {
    if (reply === 204) for (const { userId, availability } of message.presences) taken[userId] = availability
    return reply
  })
  await office.hooks.create({ url: receiver.url })
  for (const { change, reply: next, restart, pauseMs = 0 } of steps) {
    reply = next ?? reply
    if (change !== undefined) await office.set(change.user, change.availability)
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs))
    if (restart) {
      await office.close()
      office = await open()
    }
  }
  reply = 204
  const snapshot = Object.fromEntries(USERS.map((user) => [user, office.view.get(user)?.availability]))
  // Something is always told last, so that what was taken before is complete by then.
  const last = await office.addUser('zoe')
  await office.set(last, 'busy')
  await receiver.until(1, () => taken[last] === 'busy' && USERS.every((user) => taken[user] === snapshot[user]))
  expect(office.warnings).toEqual([])
  await office.close()
}
