import { type Client, connect } from '../../src/client/client.ts'
import type { UserId } from '../../src/core/vocabulary.ts'
import { type Seat, type ServiceUnderTest, serviceContract } from '../contracts/service.ts'
import { aPrincipal, createWorld } from '../engine/world.ts'
import { startServer } from '../server.ts'

serviceContract('the engine', async (): Promise<ServiceUnderTest> => {
  const world = await createWorld({ start: Date.now() })
  let users = 0
  return {
    async newcomer(): Promise<Seat> {
      const userId = `user${++users}`
      world.crowd.put(userId)
      return { userId, ...world.engine.service.as(aPrincipal(userId), 'test'), ready: () => Promise.resolve() }
    },
    remove: (userId) => Promise.resolve(world.crowd.remove(userId)),
    now: () => world.ledger.now(),
    close: world.close,
  }
})

for (const transport of ['socket', 'stream'] as const)
  serviceContract(`the client over HTTP and a ${transport}`, async (): Promise<ServiceUnderTest> => {
    const server = await startServer({ store: 'memory:' })
    const clients: Client[] = []
    let users = 0
    return {
      async newcomer(): Promise<Seat> {
        const { user, token } = await server.createUser({ username: `person${++users}`, password: null })
        const client = connect({ url: server.url, token, transport })
        clients.push(client)
        return { userId: user.id, view: client.view, commands: client.commands, ready: client.ready }
      },
      remove: (userId: UserId) => server.call('DELETE', `/v1/users/${userId}`, server.adminToken),
      now: Date.now,
      async close() {
        for (const client of clients) client.close()
        await server.stop()
      },
    }
  })
