import { expect, onTestFinished, test } from 'vitest'
import type { PresenceEvent } from '../../src/core/transition.ts'
import { aPrincipal, createWorld, type WorldParts } from './world.ts'

async function world(parts: WorldParts) {
  const made = await createWorld(parts)
  onTestFinished(() => made.close())
  return made
}

const busy: PresenceEvent = {
  type: 'availability_set',
  availability: 'busy',
  activity: null,
  until: null,
  fades: false,
  alike: null,
}

test('a status that was set is answered, and read back by everybody', async () => {
  const { engine } = await world({ userIds: ['anna', 'bob'] })
  const answer = await engine.service.as(aPrincipal('anna'), 'test').commands.change('anna', [busy])
  expect(answer).toMatchObject({ availability: 'busy', source: 'manual', standing: 'busy' })
  const seen = engine.service.as(aPrincipal('bob'), 'test').view.get('anna')
  expect(seen).toMatchObject({ availability: 'busy', standing: null })
})

test('a poll with nothing told answers the very same cursor', async () => {
  const { engine } = await world({ userIds: ['anna', 'bob'] })
  const { view } = engine.service.as(aPrincipal('bob'), 'test')
  const first = view.changesSince(null)
  expect(first.full).toBe(true)
  expect(first.presences).toHaveLength(2)
  expect(view.changesSince(first.cursor)).toEqual({ presences: [], removed: [], cursor: first.cursor, full: false })
  await engine.service.as(aPrincipal('anna'), 'test').commands.change('anna', [busy])
  const second = view.changesSince(first.cursor)
  expect(second.presences.map(({ userId }) => userId)).toEqual(['anna'])
  await Promise.resolve()
  const third = view.changesSince(second.cursor)
  expect(view.changesSince(third.cursor).cursor).toBe(third.cursor)
})
