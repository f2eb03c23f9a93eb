import { afterEach, expect, test } from 'vitest'
import type { PresenceEvent } from '../../src/core/transition.ts'
import { audit } from '../../src/history/audit.ts'
import { AUDIT_LOOKED_AT_MAX, DAY_MS } from '../../src/history/limits.ts'
import { aPrincipal } from '../engine/world.ts'
import { createPast, type Past, ROOT, START } from './past.ts'

let past: Past | null = null

afterEach(async () => {
  await past?.close()
  past = null
})

const claim = (until: number): PresenceEvent => ({
  type: 'claim_set',
  key: 'call:1',
  class: 'call',
  availability: 'busy',
  activity: null,
  note: null,
  since: null,
  until,
  leaseMs: 1_000,
})

test('[U1] heartbeats of a claim are kept once, however often they move its end', async () => {
  past = await createPast(['ann'])
  const application = aPrincipal('ann', { by: 'an application' })
  for (let i = 1; i < 20; i++) {
    past.pass(1)
    await past.set('ann', application, claim(START + i * 1_000))
  }
  const { entries } = await past.auditLog.page({ limit: 10 })
  expect(entries.map(({ by, at }) => [by, at - START])).toEqual([['an application', 1]])
})

test('[U1] who sets another’s presence is kept though history is off, and oneself is not', async () => {
  past = await createPast(['ann', 'bob'])
  past.settings.change({ history: 'off' }, past.now())
  await past.set('ann', aPrincipal('ann'), claim(START + 1e6))
  await past.set('bob', ROOT, claim(START + 1e6))
  const { entries } = await past.auditLog.page({ limit: 10 })
  expect(entries.map(({ userId }) => userId)).toEqual(['bob'])
})

test('[U3] what is asked for seldom is looked for in bounded steps, each with a cursor that goes on', async () => {
  past = await createPast(['ann'])
  const rare = audit({ kind: 'preset.deleted', by: 'root' }, START)
  const many = Array.from({ length: 5_000 }, (_, i) => audit({ kind: 'user.changed', by: 'root' }, START + 1 + i)).flat()
  await past.ledger.commit('directory', [], rare)
  for (let i = 0; i < AUDIT_LOOKED_AT_MAX; i += many.length) await past.ledger.commit(`facts/${(i / many.length) % 2}`, [], many)
  past.pass(DAY_MS)
  const first = await past.auditLog.page({ limit: 5, kind: 'preset.deleted' })
  expect([first.entries.length, first.cursor]).toEqual([0, expect.any(String)])
  const second = await past.auditLog.page({ limit: 5, kind: 'preset.deleted', cursor: first.cursor ?? '' })
  expect([second.entries.length, second.cursor]).toEqual([1, null])
})

test('[U4] what is older than its days is not told, and is swept away; it outlives the users it names', async () => {
  past = await createPast(['ann'])
  await past.set('ann', ROOT, claim(START + 1e12))
  past.pass(10 * DAY_MS)
  past.crowd.remove('ann')
  await past.sweeper.sweep()
  expect((await past.auditLog.page({ limit: 5 })).entries.length).toBe(1)
  past.settings.change({ auditDays: 9 }, past.now())
  expect((await past.auditLog.page({ limit: 5 })).entries.length).toBe(0)
  await past.sweeper.sweep()
  past.settings.change({ auditDays: 365 }, past.now())
  expect((await past.auditLog.page({ limit: 5 })).entries.length).toBe(0)
})
