import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A network between a client and a server: it can be cut, and what the server says through it can be read. */
export async function startProxy(target: string) {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  const heard: Buffer[] = []
  let held = false
  const proxy = createServer((client) => {
    const server = connect(Number(port), hostname)
    for (const socket of [client, server]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        if (held) return
        client.destroy()
        server.destroy()
      })
    }
    server.on('data', (bytes) => heard.push(bytes))
    client.pipe(server)
    server.pipe(client)
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    /** All that the server said since the last call; only text in small frames is legible. */
    heard: () => Buffer.concat(heard.splice(0)).toString('latin1'),
    /** Without a word to either side. */
    cut() {
      for (const socket of sockets) socket.resetAndDestroy()
    },
    /** From now on nothing gets through, not even that one side has gone. */
    hold() {
      held = true
      for (const socket of sockets) socket.unpipe()
    },
    async [Symbol.asyncDispose]() {
      proxy.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
