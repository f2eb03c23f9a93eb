import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export type Wire = Awaited<ReturnType<typeof startWire>>

/** A network between a node and its Redis: split, nothing passes and nobody is told; healed, what was said before is lost. Slow, all of it comes later, in its order. */
export async function startWire(port: number) {
  const pairs = new Set<readonly [Socket, Socket]>()
  let [isSplit, bytes, slowMs] = [false, 0, 0]
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    const pair = [near, far] as const
    pairs.add(pair)
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('error', () => {})
      from.on('close', () => {
        pairs.delete(pair)
        to.destroy()
      })
      from.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (isSplit) return
        if (slowMs === 0) to.write(chunk)
        else setTimeout(() => void (to.destroyed || to.write(chunk)), slowMs)
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    /** All that was carried so far, both ways. */
    get bytes() {
      return bytes
    },
    /** What comes from now on takes so many ms longer, either way. Only ever slower: what is under way would be overtaken. */
    slow(ms: number) {
      slowMs = ms
    },
    split() {
      isSplit = true
    },
    heal() {
      isSplit = false
      for (const [near] of pairs) near.resetAndDestroy()
    },
    async stop() {
      server.close()
      for (const [near] of pairs) near.destroy()
    },
  }
}
