import { isDeepStrictEqual } from 'node:util'
import { administer } from '../../src/client/administration.ts'
import { type Client, connect } from '../../src/client/client.ts'
import { listed } from '../../src/client/pages.ts'
import { createMemoryLedger } from '../../src/ledgers/memory.ts'
import { administrationContract } from '../contracts/administration.ts'
import { openNode } from '../groups/node.ts'
import { startServer } from '../server.ts'

administrationContract('the directory, with groups,', async () => {
  const ledger = createMemoryLedger({ clock: Date.now })
  const node = await openNode(ledger)
  const { directory, own } = node
  return {
    userId: node.root.userId,
    administration: node.administration,
    groups: own,
    updateUserAs: (seen, change) =>
      node.administration.updateUser(seen.id, change, () => isDeepStrictEqual(directory.people.get(seen.id), seen)),
    changeSettingsAs: (seen, change) => node.administration.changeSettings(change, () => directory.settings.current === seen),
    async user(userId) {
      const user = directory.people.get(userId)
      if (user === null) throw new Error('nobody')
      return user
    },
    settings: async () => directory.settings.current,
    groupsOf: async (userId) => own.list({ after: null, limit: 10, userId }).items.map(({ name }) => name),
    members: async (groupId) => own.members(groupId, { after: null, limit: 10 }).items,
    whoHas: async (token) => directory.authentication.byToken(token)?.userId ?? null,
    now: ledger.now,
    close: node.close,
  }
})

administrationContract('the client over HTTP', async () => {
  const server = await startServer({ store: 'memory:' })
  const clients: Client[] = []
  const open = (token: string) => {
    const client = connect({ url: server.url, token })
    clients.push(client)
    return administer(client)
  }
  const own = open(server.adminToken)
  return {
    userId: (await own.user('me')).id,
    administration: own,
    groups: own.groups,
    updateUserAs: (seen, change) => own.updateUser(seen.id, change, seen),
    changeSettingsAs: (seen, change) => own.changeSettings(change, seen),
    user: own.user,
    settings: own.settings,
    groupsOf: async (user) => (await listed(own.groups.list({ user }))).map(({ name }) => name),
    members: (groupId) => listed(own.groups.members(groupId)),
    whoHas: (token) =>
      open(token)
        .user('me')
        .then(
          ({ id }) => id,
          () => null,
        ),
    now: Date.now,
    async close() {
      for (const client of clients) client.close()
      await server.stop()
    },
  }
})
