import { expect, onTestFinished, test } from 'vitest'
import type { PresenceEvent } from '../../src/core/transition.ts'
import type { Presence, UserId } from '../../src/core/vocabulary.ts'
import { aPrincipal, createWorld, type World } from './world.ts'

const set = (availability: Presence['availability']): PresenceEvent => ({
  type: 'availability_set',
  availability,
  activity: null,
  until: null,
  fades: false,
  alike: null,
})

async function world(): Promise<World> {
  const made = await createWorld({ userIds: ['anna', 'bob', 'eve'] })
  onTestFinished(() => made.close())
  return made
}

function watchAs({ engine }: World, userId: UserId, change = {}) {
  const heard: (Presence | UserId)[] = []
  const { view, commands } = engine.service.as(aPrincipal(userId, change), 'test')
  const watch = view.watch({ told: (presence) => void heard.push(presence), gone: (gone) => void heard.push(gone) })
  return { heard, view, commands, watch }
}

test('[W1] a watcher is told the very presence that it would read, of those it watches, until it stops', async () => {
  const made = await world()
  const [anna, bob] = [watchAs(made, 'anna'), watchAs(made, 'bob')]
  bob.watch.add(['anna', 'nobody yet'])
  await anna.commands.change('anna', [set('busy')])
  expect(bob.heard).toEqual([bob.view.get('anna')])
  expect(bob.heard[0]).toBe(bob.view.get('anna'))
  await watchAs(made, 'eve').commands.change('eve', [set('busy')])
  made.crowd.put('nobody yet')
  made.crowd.remove('anna')
  expect(bob.heard.slice(1)).toEqual([bob.view.get('nobody yet'), 'anna'])
  bob.watch.remove(['nobody yet'])
  await watchAs(made, 'nobody yet').commands.change('nobody yet', [set('busy')])
  bob.watch.stop()
  bob.watch.stop()
  expect([bob.heard.length, made.engine.figures.watchers]).toEqual([3, 3])
})

test('[W1, H2] what a hidden user does is told to nobody else; oneself hears the own view', async () => {
  const made = await world()
  const [anna, bob] = [watchAs(made, 'anna'), watchAs(made, 'bob')]
  anna.watch.add(['anna'])
  bob.watch.everyone(true)
  await anna.commands.change('anna', [set('offline')])
  const { cursor } = bob.view.changesSince(null)
  const before = bob.heard.length
  const session = { id: 's', owner: null, leaseUntil: null, app: 'web', platform: 'web', idles: 'told', idle: false } as const
  await anna.commands.change('anna', [{ type: 'session_opened', session }])
  expect(bob.heard).toHaveLength(before)
  expect(bob.view.changesSince(cursor).cursor).toBe(cursor)
  expect(anna.heard.at(-1)).toMatchObject({ source: 'manual', connected: 'online' })
})

test('[W1] a token that is limited to users hears of these only, one without the scope of nobody', async () => {
  const made = await world()
  const bob = watchAs(made, 'bob', { reach: new Set(['eve']) })
  bob.watch.everyone(true)
  bob.watch.add(['anna'])
  for (const userId of ['anna', 'eve']) await watchAs(made, userId).commands.change(userId, [set('busy')])
  expect(bob.heard).toMatchObject([{ userId: 'eve' }])
  expect(() => watchAs(made, 'bob', { scopes: new Set() })).toThrow(expect.objectContaining({ code: 'forbidden' }))
})

test('[N39] one watcher names at most 10,000 users, the same one any number of times', async () => {
  const { watch } = watchAs(await world(), 'bob')
  const users = Array.from({ length: 10_000 }, (_, at) => `user${at}`)
  watch.add(users)
  watch.add(users)
  expect(() => watch.add(['one more'])).toThrow(expect.objectContaining({ code: 'invalid', reason: 'too_many_watched' }))
  watch.remove(['user1'])
  watch.add(['one more'])
})
