import { afterEach, beforeEach, expect, test } from 'vitest'
import type { UserId } from '../../src/core/vocabulary.ts'
import { GROUPS_OF_USER_MAX, MEMBERS_CHANGED_MAX } from '../../src/groups/limits.ts'
import { createMemoryLedger } from '../../src/ledgers/memory.ts'
import { expectFailure, keysOf, logIn } from '../directory/house.ts'
import { createChance } from '../simulation/chance.ts'
import { available, countsOf, type Node, online, openClocked, openNode, until } from './node.ts'

let node: Awaited<ReturnType<typeof openClocked>>
const others: Node[] = []
beforeEach(async () => {
  node = await openClocked()
})
afterEach(async () => {
  await node.close()
  for (const other of others.splice(0)) await other.close()
})

async function another(): Promise<Node> {
  const other = await openNode(node.ledger)
  others.push(other)
  return other
}

const idsOf = (members: Node['own'], groupId: string): UserId[] =>
  members.members(groupId, { after: null, limit: 1_000 }).items.map(({ userId }) => userId)

test('[V1] a group is found by its id and by its name in any case, on every node and after a restart', async () => {
  const elsewhere = await another()
  const made = await node.own.create('Service Désk', await node.join('ada', 'bob'))
  expect(made).toMatchObject({ id: expect.stringMatching(/^[a-z0-9]{26}$/), name: 'Service Désk', members: 2 })
  const later = await another()
  for (const { own } of [node, elsewhere, later])
    for (const word of [made.id, 'service désk', 'SERVICE DE\u0301SK']) expect(own.find(word)).toEqual(made)
  await expectFailure((async () => node.own.find('nobody'))(), { code: 'not_found', reason: 'no_such_group' })
})

test('[V1] a name is given once, also when two nodes give it at the same time; another name frees it', async () => {
  const elsewhere = await another()
  const attempts = [node.own.create('Desk', []), elsewhere.own.create('desk', []), node.own.create('DESK', [])]
  const outcomes = await Promise.allSettled(attempts)
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  for (const outcome of outcomes)
    if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'conflict', reason: 'taken', field: 'name' })
  const { id } = node.own.find('desk')
  await expectFailure(node.own.create(id, []), { code: 'conflict', reason: 'taken' })
  expect(await node.own.rename(id, 'DESK two')).toMatchObject({ id, name: 'DESK two' })
  expect(await node.own.rename(id, 'Desk Two')).toMatchObject({ name: 'Desk Two' })
  expect((await node.own.create('Desk', [])).name).toBe('Desk')
})

test.each(['', ' desk', 'desk ', '.', '..', 'a/b', 'a,b', 'a\nb', '-a', 'x'.repeat(101), '\ud800'])(
  '[V1] %j is no name',
  async (name) => {
    await expectFailure(node.own.create(name, []), { code: 'invalid', field: 'name' })
  },
)

test('[V2] members come and go; who is in already, or is not, stays so', async () => {
  const [ada, bob, cyd] = await node.join('ada', 'bob', 'cyd')
  const { id } = await node.own.create('Desk', [])
  expect(await node.own.changeMembers(id, { add: [cyd ?? '', ada ?? '', ada ?? ''] })).toEqual({ added: 2, removed: 0 })
  expect(await node.own.changeMembers(id, { add: [ada ?? '', bob ?? ''], remove: [cyd ?? ''] })).toEqual({ added: 1, removed: 1 })
  expect(await node.own.changeMembers(id, { remove: [cyd ?? ''] })).toEqual({ added: 0, removed: 0 })
  expect(idsOf(node.own, id)).toEqual([ada, bob])
  expect(idsOf((await another()).own, id)).toEqual([ada, bob])
  await expectFailure(node.own.changeMembers(id, { add: ['nobody'] }), { code: 'not_found', reason: 'no_such_user' })
  await expectFailure(node.own.changeMembers(id, { add: ['ada'], remove: ['ada'] }), { code: 'invalid', field: 'remove' })
})

test('[V2] many changes at once, of one user and of many, on two nodes, all hold', async () => {
  const elsewhere = await another()
  const people = await node.join(...Array.from({ length: 20 }, (_, i) => `p${10 + i}`))
  const groups = await Promise.all(Array.from({ length: 10 }, (_, i) => node.own.create(`Group ${i}`, [])))
  await Promise.all(
    groups.flatMap(({ id }, i) => people.map((userId) => (i % 2 ? node : elsewhere).own.changeMembers(id, { add: [userId] }))),
  )
  await until(() => groups.every(({ id }) => elsewhere.own.find(id).members === 20 && node.own.find(id).members === 20))
})

test('[V2] one change writes one key for each user, however many are in the group', async () => {
  const people = await node.join(...Array.from({ length: 50 }, (_, i) => `p${10 + i}`))
  const { id } = await node.own.create('Desk', people.slice(1))
  const written: string[][] = []
  const positions = await node.ledger.load(() => {})
  const stop = node.ledger.follow(positions, {
    commit: ({ writes }) => void written.push(writes.map(({ key }) => key)),
    reload: () => {},
  })
  await node.own.changeMembers(id, { add: people.slice(0, 1) })
  await node.own.changeMembers(id, { remove: people.slice(5, 6) })
  await until(() => written.length === 2)
  stop()
  expect(written).toEqual([[`member/${people[0]}`], [`member/${people[5]}`]])
})

test('[V2] a user is in so many groups at most, and one change names so many users at most', async () => {
  const [ada = ''] = await node.join('ada')
  for (let i = 0; i < GROUPS_OF_USER_MAX; i++) await node.own.create(`Group ${i}`, [ada])
  await expectFailure(node.own.create('One more', [ada]), { code: 'invalid', field: 'add' })
  expect(node.own.list({ after: null, limit: 1_000, userId: ada }).items).toHaveLength(GROUPS_OF_USER_MAX)
  const many = Array.from({ length: MEMBERS_CHANGED_MAX + 1 }, (_, i) => `p${i}`)
  await expectFailure(node.own.changeMembers(node.own.find('Group 1').id, { add: many }), { code: 'invalid', field: 'add' })
})

test('[V3] everybody reads who may read presence; changing needs manage-groups and a token that is not limited', async () => {
  const [ada = ''] = await node.join('ada')
  const { id } = await node.own.create('Desk', [ada])
  await node.administration.updateUser(ada, { password: 'p' })
  const { principal } = await logIn(node.directory, 'ada', 'p')
  const hers = node.groups.service.as(principal)
  expect(hers.find('desk').members).toBe(1)
  const changes = [
    (own: Node['own']) => own.create('Mine', []),
    (own: Node['own']) => own.rename(id, 'Mine'),
    (own: Node['own']) => own.remove(id),
    (own: Node['own']) => own.changeMembers(id, { remove: [ada] }),
  ]
  const limited = node.groups.service.as(await node.limited({ groups: [id] }))
  for (const change of changes) {
    await expectFailure(change(hers), { code: 'forbidden', reason: 'permission_missing' })
    await expectFailure(change(limited), { code: 'forbidden', reason: 'scope_missing' })
  }
  const blind = node.groups.service.as({ ...principal, scopes: new Set(['admin']) })
  await expectFailure((async () => blind.counts(id))(), { code: 'forbidden', reason: 'scope_missing' })
})

test('[V4] counts follow what strangers see: commits, ends, hiding, deactivation', async () => {
  const people = await node.join('ada', 'bob', 'cyd', 'dan')
  const [ada = '', bob = '', cyd = '', dan = ''] = people
  const { id } = await node.own.create('Desk', people)
  await node.say(ada, online)
  await node.say(bob, available('busy'))
  await node.say(cyd, available('offline'))
  expect(node.own.counts(id)).toEqual({ online: 1, away: 0, busy: 1, dnd: 0, offline: 2 })
  await node.say(dan, available('dnd', node.ledger.now() + 60_000))
  expect(node.own.counts(id)).toMatchObject({ dnd: 1, offline: 1 })
  await node.administration.updateUser(bob, { active: false })
  expect(node.own.counts(id)).toMatchObject({ busy: 0, offline: 2 })
  await node.administration.changeSettings({ declaredOnlineMaxMs: 1_000 })
  node.pass(120_000)
  await node.say(cyd, available('away'))
  await until(() => node.own.counts(id).dnd === 0 && node.own.counts(id).online === 0)
  expect(node.own.counts(id)).toEqual({ online: 0, away: 1, busy: 0, dnd: 0, offline: 3 })
})

test('[V4] whatever happens, in whatever order, counts are those of the members, here and elsewhere and after a restart', async () => {
  for (const seed of [1, 2, 3, 4]) {
    const chance = createChance(seed)
    const home = await openNode(createMemoryLedger())
    const elsewhere = await openNode(home.ledger)
    const names = Array.from({ length: 12 }, (_, i) => `u${10 + i}`)
    const groups = await Promise.all(['A', 'B', 'C'].map((name) => home.own.create(name, [])))
    await home.join(...names)
    for (let step = 0; step < 150; step++) {
      const { own, administration, say } = chance.of([home, elsewhere]) ?? home
      const [user = '', group] = [chance.of(names), chance.of(groups)]
      const exists = home.directory.people.get(user) !== null
      const deeds: (() => Promise<unknown>)[] = [
        () => own.changeMembers(group?.id ?? '', { add: [user] }),
        () => own.changeMembers(group?.id ?? '', { add: [user] }),
        () => own.changeMembers(group?.id ?? '', { remove: [user] }),
        () => say(user, online),
        () => say(user, available(chance.of(['away', 'busy', 'dnd', 'offline'] as const) ?? 'away')),
        () => say(user, available('busy', home.ledger.now() + 5)),
        () => say(user, { type: 'availability_withdrawn', alike: null }),
        () => administration.deleteUser(user),
        () => administration.updateUser(user, { active: chance.below(2) === 0 }),
        () => administration.changeSettings({ invisibleAllowed: chance.below(2) === 0 }),
      ]
      const deed = exists ? chance.of(deeds) : () => administration.createUser({ username: user, id: user })
      await deed?.().catch((error: unknown) => expect(error).toMatchObject({ name: 'Failure' }))
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
    const nodes = [home, elsewhere, await openNode(home.ledger)]
    const isTrue = () =>
      nodes.every(({ own }) =>
        groups.every(({ id }) => {
          const members = own.members(id, { after: null, limit: 100 }).items
          return JSON.stringify(own.counts(id)) === JSON.stringify(countsOf(members)) && own.find(id).members === members.length
        }),
      )
    await until(isTrue)
    for (const { id } of groups) expect(idsOf(elsewhere.own, id)).toEqual(idsOf(home.own, id))
    for (const each of nodes) await each.close()
  }
})

test('[V5] the first available is online and was not chosen for the longest; who never was, in the order of joining', async () => {
  const people = await node.join('ada', 'bob', 'cyd')
  const [ada = '', bob = '', cyd = ''] = people
  const { id } = await node.own.create('Desk', [bob])
  node.pass(1)
  await node.own.changeMembers(id, { add: [cyd, ada] })
  await expectFailure((async () => node.own.firstAvailable(id))(), { code: 'not_found', reason: 'nobody_free' })
  const next = () => node.own.firstAvailable(id).userId
  await node.say(cyd, online)
  await node.say(bob, online)
  expect([next(), next(), next()]).toEqual([bob, cyd, bob])
  await node.say(ada, online)
  expect([next(), next(), next(), next()]).toEqual([ada, cyd, bob, ada])
  await node.say(cyd, available('busy'))
  expect([next(), next()]).toEqual([bob, ada])
  await node.say(cyd, online)
  expect([next(), next(), next(), next()]).toEqual([cyd, bob, ada, cyd])
})

test('[V5] a peek moves nobody, and hidden, away, busy and absent people are not free', async () => {
  const people = await node.join('ada', 'bob', 'cyd', 'dan')
  const { id } = await node.own.create('Desk', people)
  for (const [i, availability] of (['away', 'busy', 'offline'] as const).entries())
    await node.say(people[i] ?? '', available(availability))
  await expectFailure((async () => node.own.firstAvailable(id, { peek: true }))(), { reason: 'nobody_free' })
  await node.say('dan', online)
  await node.say('ada', online)
  expect([1, 2, 3].map(() => node.own.firstAvailable(id, { peek: true }).userId)).toEqual(['ada', 'ada', 'ada'])
  expect([1, 2].map(() => node.own.firstAvailable(id).userId)).toEqual(['ada', 'dan'])
})

test('[V5] a token that stands in a page may look whose turn it is, and not choose', async () => {
  await node.join('ada')
  const { id } = await node.own.create('Desk', ['ada'])
  await node.say('ada', online)
  const inPage = node.groups.service.as({ ...(await node.limited({ groups: [id] })), origins: new Set(['https://a.example']) })
  expect(inPage.firstAvailable(id, { peek: true }).userId).toBe('ada')
  await expectFailure((async () => inPage.firstAvailable(id))(), { code: 'forbidden', reason: 'scope_missing' })
})

test('[V5] who is not online any more by time alone is passed over before anybody was told', async () => {
  const [ada = '', bob = ''] = await node.join('ada', 'bob')
  const { id } = await node.own.create('Desk', [ada, bob])
  await node.administration.changeSettings({ declaredOnlineMaxMs: 3_600_000 })
  await node.say(ada, online)
  node.pass(1_800_000)
  await node.say(bob, online)
  node.pass(1_800_000)
  expect(node.own.firstAvailable(id).userId).toBe(bob)
})

test('[V5] in a crowd that comes and goes, the choice is that of a plain search', async () => {
  const chance = createChance(7)
  const people = await node.join(...Array.from({ length: 30 }, (_, i) => `p${10 + i}`))
  const { id } = await node.own.create('Desk', people)
  const chosen = new Map<UserId, number>()
  const isOnline = new Set<UserId>()
  for (let step = 1; step <= 400; step++) {
    const user = chance.of(people) ?? ''
    if (chance.below(3) > 0) {
      await node.say(user, isOnline.has(user) ? available('away') : online)
      if (!isOnline.delete(user)) isOnline.add(user)
      continue
    }
    if (isOnline.size === 0) continue
    const turn = (userId: UserId) => chosen.get(userId) ?? 0
    const [wanted = ''] = [...isOnline].sort((one, other) => turn(one) - turn(other) || (one < other ? -1 : 1))
    expect(node.own.firstAvailable(id).userId).toBe(wanted)
    chosen.set(wanted, step)
  }
})

test('[V6] turns outlive a restart, and nodes know of each other’s choices', async () => {
  const people = await node.join('ada', 'bob', 'cyd')
  const { id } = await node.own.create('Desk', people)
  for (const userId of people) await node.say(userId, online)
  const elsewhere = await another()
  expect(node.own.firstAvailable(id).userId).toBe('ada')
  await until(() => elsewhere.own.firstAvailable(id, { peek: true }).userId === 'bob')
  expect(elsewhere.own.firstAvailable(id).userId).toBe('bob')
  await until(() => node.own.firstAvailable(id, { peek: true }).userId === 'cyd')
  await elsewhere.groups.close()
  const later = await another()
  expect([1, 2, 3].map(() => later.own.firstAvailable(id).userId)).toEqual(['cyd', 'ada', 'bob'])
})

test('[V7] members are listed in the order of their ids, as strangers see them, and who stays exactly once', async () => {
  const people = await node.join(...Array.from({ length: 25 }, (_, i) => `p${10 + i}`))
  const { id } = await node.own.create('Desk', people)
  await node.administration.updateUser('p10', { password: 'p' })
  const { principal } = await logIn(node.directory, 'p10', 'p')
  await node.say('p10', available('offline'))
  const hers = node.groups.service.as(principal)
  expect(hers.members(id, { after: null, limit: 1 }).items[0]).toMatchObject({ userId: 'p10', source: 'none', manual: false })
  const seen: UserId[] = []
  let after: string | null = null
  do {
    const page = hers.members(id, { after, limit: 4 })
    seen.push(...page.items.map(({ userId }) => userId))
    after = page.next
    const gone: string = seen.length === 8 ? 'p17' : 'p11'
    await node.own.changeMembers(id, { remove: [gone] })
  } while (after !== null)
  expect(seen).toEqual(people)
})

test('[V7] groups are listed in the order of their names, page by page', async () => {
  for (const name of ['beta', 'Alpha', 'delta', 'Gamma', 'alpha 2']) await node.own.create(name, [])
  const first = node.own.list({ after: null, limit: 3 })
  expect(first.items.map(({ name }) => name)).toEqual(['Alpha', 'alpha 2', 'beta'])
  const second = node.own.list({ after: first.next, limit: 3 })
  expect(second).toMatchObject({ items: [{ name: 'delta' }, { name: 'Gamma' }], next: null })
})

test('[V8] a user who is deleted leaves all groups, and a later user of that id is in none', async () => {
  const elsewhere = await another()
  await node.join('ada', 'bob')
  const { id } = await node.own.create('Desk', ['ada', 'bob'])
  node.pass(1)
  await node.administration.deleteUser('ada')
  await node.join('ada')
  for (const { own } of [node, elsewhere]) expect(idsOf(own, id)).toEqual(['bob'])
  await until(() => node.own.find(id).members === 1)
  const later = await another()
  expect(idsOf(later.own, id)).toEqual(['bob'])
  await node.own.changeMembers(id, { add: ['ada'] })
  await until(() => idsOf(elsewhere.own, id).length === 2)
})

test('[V8] what a deleted user or group leaves in the ledger is taken away, also by the next start', async () => {
  const people = await node.join('ada', 'bob', 'cyd')
  const { id } = await node.own.create('Desk', people)
  const other = await node.own.create('Other', ['bob'])
  await node.administration.deleteUser('ada')
  await node.own.remove(id)
  await expectFailure((async () => node.own.find(id))(), { reason: 'no_such_group' })
  const left = async () => (await keysOf(node.ledger)).filter((key) => /^(group|member)\//.test(key))
  const wanted = [`group/${other.id}`, 'member/bob']
  for (const began = Date.now(); (await left()).length > 2 && Date.now() - began < 5_000; ) await new Promise(setImmediate)
  expect((await left()).sort()).toEqual(wanted)
  // As a node leaves it that ends between both commits.
  const value = Buffer.from(JSON.stringify([[id, node.ledger.now()]]))
  await node.ledger.commit('directory', [{ key: 'member/nobody', value, expects: 0 }])
  await another()
  for (const began = Date.now(); (await left()).length > 2 && Date.now() - began < 5_000; ) await new Promise(setImmediate)
  expect((await left()).sort()).toEqual(wanted)
})

test('[V9] whoever waits is told once, at once when somebody is free already', async () => {
  const people = await node.join('ada', 'bob')
  const { id } = await node.own.create('Desk', people)
  const told: string[] = []
  const waiter = (name: string) => ({
    free: ({ userId }: { userId: string }) => void told.push(`${name} ${userId}`),
    gone: () => void told.push(`${name} gone`),
  })
  node.own.untilFree({ groupId: id }, waiter('group'))
  node.own.untilFree({ userId: 'bob' }, waiter('user'))
  node.own.untilFree({ groupId: id }, waiter('stopped'))()
  await node.say('ada', available('busy'))
  expect(told).toEqual([])
  await node.say('ada', online)
  expect(told).toEqual(['group ada'])
  await node.say('bob', online)
  expect(told).toEqual(['group ada', 'user bob'])
  const other = await node.own.create('Other', [])
  node.own.untilFree({ groupId: other.id }, waiter('other'))
  await node.own.changeMembers(other.id, { add: ['bob'] })
  expect(told.splice(2)).toEqual(['other bob'])
  node.own.untilFree({ groupId: id }, waiter('now'))
  expect(told.at(-1)).toBe('now ada')
  await node.say('ada', available('away'))
  await node.say('bob', available('away'))
  node.own.untilFree({ groupId: id }, waiter('group'))
  node.own.untilFree({ userId: 'ada' }, waiter('user'))
  await node.own.remove(id)
  await node.administration.deleteUser('ada')
  expect(told.slice(3)).toEqual(['group gone', 'user gone'])
})

test('[V10] a token limited to a group reaches whoever is in it at the moment, and knows no other group', async () => {
  await node.join('ada', 'bob', 'cyd')
  const { id } = await node.own.create('Desk', ['ada'])
  const secret = await node.own.create('Secret', ['ada', 'bob'])
  const limited = await node.limited({ users: ['cyd'], groups: [id] })
  const { view, commands } = node.engine.service.as(limited, 'test')
  const reached = () => view.many(['ada', 'bob', 'cyd']).map((presence) => presence?.userId ?? null)
  expect(reached()).toEqual(['ada', null, 'cyd'])
  await node.own.changeMembers(id, { add: ['bob'], remove: ['ada'] })
  expect(reached()).toEqual([null, 'bob', 'cyd'])
  await expectFailure(commands.change('ada', [online]), { code: 'forbidden', reason: 'scope_missing' })
  await commands.change('bob', [online])
  const its = node.groups.service.as(limited)
  expect(its.list({ after: null, limit: 10 }).items.map(({ name }) => name)).toEqual(['Desk'])
  for (const read of [() => its.find('secret'), () => its.counts(secret.id), () => its.untilFree({ userId: 'ada' }, never)])
    await expectFailure((async () => read())(), { code: 'not_found' })
  await node.own.remove(id)
  expect(reached()).toEqual([null, null, 'cyd'])
})

const never = { free: () => expect.unreachable(), gone: () => expect.unreachable() }

test('[V10] a limited token makes none that reaches further: whom it reaches by a group may leave it', async () => {
  await node.join('ada', 'bob')
  const { id } = await node.own.create('Desk', ['ada'])
  const secret = await node.own.create('Secret', ['ada'])
  const users = ['bob', node.root.userId]
  const own = node.directory.administration.as(await node.limited({ users, groups: [id] }))
  const wanted = { kind: 'personal', name: 'x' } as const
  for (const limits of [{}, { users: ['ada'] }, { groups: [secret.id] }])
    await expectFailure(own.createToken({ ...wanted, ...limits }), { code: 'forbidden', reason: 'scope_missing' })
  expect((await own.createToken({ ...wanted, users: ['bob'], groups: [id] })).description).toMatchObject({ groups: [id] })
})

test('[V10] a token names groups that there are; a publishable one names users or groups', async () => {
  const { id } = await node.own.create('Desk', [])
  const { administration } = node
  const origins = ['https://app.example.org']
  await expectFailure(administration.createToken({ kind: 'personal', name: 'x', groups: ['Desk'] }), { field: 'groups' })
  await expectFailure(administration.createToken({ kind: 'personal', name: 'x', groups: [] }), { field: 'groups' })
  await expectFailure(administration.createToken({ kind: 'publishable', name: 'x', origins }), { field: 'users' })
  await administration.createToken({ kind: 'publishable', name: 'x', origins, groups: [id] })
})

test('[V11] a watcher that is limited to a group is told of its members only, while they are', async () => {
  await node.join('ada', 'bob')
  const { id } = await node.own.create('Desk', ['ada', 'bob'])
  const limited = await node.limited({ groups: [id] })
  const told: string[] = []
  const watcher = { told: ({ userId }: { userId: string }) => void told.push(userId), gone: () => {} }
  const { view } = node.engine.service.as(limited, 'test')
  view.watch(watcher).add(['ada', 'bob'])
  view.watch(watcher).everyone(true)
  await node.own.changeMembers(id, { remove: ['bob'] })
  await node.say('ada', online)
  await node.say('bob', online)
  expect(told).toEqual(['ada', 'ada'])
})

test('[V12] a difference from a cursor says who came into a limited token’s groups, and who left', async () => {
  await node.join('ada', 'bob', 'cyd')
  const { id } = await node.own.create('Desk', ['ada', 'bob'])
  const { view } = node.engine.service.as(await node.limited({ groups: [id] }), 'test')
  const first = view.changesSince(null)
  expect(view.changesSince(first.cursor)).toMatchObject({ full: false, presences: [] })
  await node.own.changeMembers(id, { add: ['cyd'], remove: ['ada'] })
  const second = view.changesSince(first.cursor)
  expect(second.full).toBe(true)
  expect(second.presences.map(({ userId }) => userId).sort()).toEqual(['bob', 'cyd'])
  await node.say('cyd', online)
  expect(view.changesSince(second.cursor)).toMatchObject({ full: false, presences: [{ userId: 'cyd' }] })
  const elsewhere = (await another()).engine.service
  const there = elsewhere.as({ ...(await node.limited({ groups: [id] })) }, 'test').view
  expect(there.changesSince(view.changesSince(null).cursor)).toMatchObject({ full: false })
})
