import { expect, onTestFinished, test, vi } from 'vitest'
import type { PresenceEvent } from '../../src/core/transition.ts'
import { createMemoryLedger } from '../../src/ledgers/memory.ts'
import { anAdministrator, aPrincipal, type Crowd, createCrowd, createWorld, type WorldParts } from './world.ts'

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

test('[H1, H2, C2] what a hidden user does unseen moves no cursor and not one byte', async () => {
  const { engine } = await world({ userIds: ['anna', 'bob'] })
  const { commands, view: own } = engine.service.as(aPrincipal('anna'), 'test')
  const stranger = engine.service.as(anAdministrator('root'), 'test').view
  await commands.change('anna', [{ ...busy, availability: 'offline' }])
  const { cursor } = stranger.changesSince(null)
  const mine = own.changesSince(null).cursor
  const seen = stranger.get('anna')
  const session = { id: 's', owner: null, leaseUntil: null, app: 'web', platform: 'web', idles: 'told', idle: false } as const
  await commands.change('anna', [{ type: 'session_opened', session }])
  expect(stranger.get('anna')).toBe(seen)
  expect(stranger.changesSince(cursor)).toEqual({ presences: [], removed: [], cursor, full: false })
  const changes = own.changesSince(mine)
  expect(changes.presences).toMatchObject([{ userId: 'anna', source: 'manual', connected: 'online' }])
  expect(own.changesSince(changes.cursor).presences).toEqual([])
})

test('[T5] what changes nothing is answered without a write, and the same object is read until something changed', async () => {
  const { engine } = await world({ userIds: ['anna', 'bob'] })
  const { commands } = engine.service.as(aPrincipal('anna'), 'test')
  const { view } = engine.service.as(aPrincipal('bob'), 'test')
  expect(view.get('anna')).toBe(view.get('anna'))
  await commands.change('anna', [busy])
  const seen = view.get('anna')
  await commands.change('anna', [busy])
  expect(view.get('anna')).toBe(seen)
  expect(engine.figures.commits).toBe(1)
})

test('[G6] a change of settings is effective at once, and told to those who look', async () => {
  const { engine, settings, pass, ledger } = await world({ userIds: ['anna', 'bob'] })
  await engine.service.as(aPrincipal('anna'), 'test').commands.change('anna', [{ type: 'online_declared', alike: null }])
  const { view } = engine.service.as(aPrincipal('bob'), 'test')
  const { cursor } = view.changesSince(null)
  pass(60_000)
  settings.change({ declaredOnlineMaxMs: 30_000 }, ledger.now())
  expect(view.get('anna')).toMatchObject({ availability: 'offline' })
  expect(view.changesSince(cursor).presences).toMatchObject([{ userId: 'anna', availability: 'offline' }])
})

test('[G6] a deactivated user is offline at once, and told', async () => {
  const { engine, crowd } = await world({ userIds: ['anna', 'bob'] })
  await engine.service.as(aPrincipal('anna'), 'test').commands.change('anna', [busy])
  const { view } = engine.service.as(aPrincipal('bob'), 'test')
  const { cursor } = view.changesSince(null)
  crowd.put('anna', { deactivated: true })
  expect(view.changesSince(cursor).presences).toMatchObject([{ userId: 'anna', availability: 'offline', source: 'none' }])
})

test('[C3] a cursor ahead of this node is answered with nothing and itself, another epoch with everything, nonsense with an error', async () => {
  const { engine } = await world({ userIds: ['anna', 'bob'] })
  const other = await world({ userIds: ['anna', 'bob'] })
  const { view } = engine.service.as(aPrincipal('bob'), 'test')
  const { cursor } = view.changesSince(null)
  const [format, epoch, own, groups, lapsed, directory, ...facts] = cursor.split('.')
  for (const parts of [
    [format, epoch, own, groups, lapsed, `${directory}1`, ...facts],
    [format, epoch, own, groups, lapsed, directory, ...facts.with(3, '9')],
    [format, epoch, own, groups, (5_000_000).toString(36), directory, ...facts],
  ]) {
    const ahead = parts.join('.')
    expect(view.changesSince(ahead)).toEqual({ presences: [], removed: [], cursor: ahead, full: false })
  }
  const elsewhere = other.engine.service.as(aPrincipal('bob'), 'test').view.changesSince(null).cursor
  expect(view.changesSince(elsewhere)).toMatchObject({ full: true })
  const first = Buffer.from('[1,"epoch",0,[0],0,""]').toString('base64url')
  for (const foreign of [first, `3.${epoch}`]) expect(view.changesSince(foreign)).toMatchObject({ full: true })
  for (const nonsense of [
    '',
    'x',
    '~',
    '.',
    '0.a',
    `${cursor}!`,
    `${cursor}.`,
    `${cursor}.-1`,
    `${cursor}.zzzzzzzzzzz`,
    `2.${epoch}...1`,
  ]) {
    const refused = expect.objectContaining({ code: 'invalid', field: 'since' })
    expect(() => view.changesSince(nonsense), nonsense).toThrow(refused)
  }
})

test('facts of a user who left are not those of one who comes back under the same id, and can still be written', async () => {
  const { engine, crowd, pass, ledger } = await world({ userIds: ['anna', 'bob'] })
  await engine.service.as(aPrincipal('anna'), 'test').commands.change('anna', [busy])
  const { view } = engine.service.as(aPrincipal('bob'), 'test')
  const { cursor } = view.changesSince(null)
  crowd.remove('anna')
  expect(view.get('anna')).toBe(null)
  expect(view.changesSince(cursor).removed).toEqual(['anna'])
  pass(1_000)
  crowd.put('anna', { createdAt: ledger.now() })
  expect(view.get('anna')).toMatchObject({ availability: 'offline', since: ledger.now() })
  const answer = await engine.service.as(aPrincipal('anna'), 'test').commands.change('anna', [busy])
  expect(answer).toMatchObject({ availability: 'busy' })
})

test('facts that nobody is left to have are swept, and only those', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const { engine, crowd, ledger } = await world({ userIds: ['anna', 'bob'] })
  for (const userId of ['anna', 'bob']) await engine.service.as(aPrincipal(userId), 'test').commands.change(userId, [busy])
  crowd.remove('anna')
  await vi.advanceTimersByTimeAsync(60_000)
  const keys: string[] = []
  await ledger.load(({ key }) => void keys.push(key))
  expect(keys).toEqual(['bob'])
  expect(vi.getTimerCount()).toBe(0)
})

test('[C4] asking what changed looks at those who changed, however many users there are and however old the cursor is', async () => {
  const crowd = createCrowd(Array.from({ length: 5_000 }, (_, at) => `user${at}`))
  let looks = 0
  const idAt = (slot: number) => {
    looks++
    return crowd.idAt(slot)
  }
  const counting: Crowd = Object.create(crowd, { idAt: { value: idAt } })
  const { engine } = await world({ crowd: counting })
  const { view } = engine.service.as(aPrincipal('watcher'), 'test')
  const { cursor } = view.changesSince(null)
  for (const userId of ['user7', 'user8', 'user7'])
    await engine.service.as(aPrincipal(userId), 'test').commands.change(userId, [busy])
  looks = 0
  expect(view.changesSince(cursor).presences).toHaveLength(2)
  expect(looks).toBeLessThan(10)
})

test('[C5] a cursor outlives the process: it tells who came and changed since, and gives everything only when somebody was removed since', async () => {
  const ledger = createMemoryLedger({ clock: () => 1_000_000 })
  const crowd = createCrowd(['anna', 'bob'])
  const before = await createWorld({ crowd, ledger })
  const reader = (of: typeof before) => of.engine.service.as(aPrincipal('bob'), 'test').view
  const { cursor } = reader(before).changesSince(null)
  await before.engine.service.as(aPrincipal('anna'), 'test').commands.change('anna', [busy])
  crowd.put('eve')
  const later = reader(before).changesSince(cursor).cursor
  await before.close()
  const after = await world({ crowd, ledger })
  const changes = reader(after).changesSince(cursor)
  expect([changes.full, changes.presences.map(({ userId }) => userId).sort()]).toEqual([false, ['anna', 'eve']])
  expect(reader(after).changesSince(later)).toEqual({ presences: [], removed: [], cursor: later, full: false })
  crowd.remove('eve')
  const again = await world({ crowd, ledger })
  expect(reader(again).changesSince(later)).toMatchObject({ full: true })
  const { cursor: last } = reader(again).changesSince(null)
  expect(reader(await world({ crowd, ledger })).changesSince(last)).toMatchObject({ full: false, presences: [] })
})
