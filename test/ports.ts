import { once } from 'node:events'
import { type AddressInfo, createConnection, createServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

const OPEN_MS_MAX = 20_000
const ASK_MS = 20

/** A port that nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address() as AddressInfo
  taken.close()
  await once(taken, 'close')
  return port
}

/** Until somebody listens there. */
export async function untilOpen(port: number): Promise<void> {
  for (const end = performance.now() + OPEN_MS_MAX; performance.now() < end; await wait(ASK_MS)) {
    const socket = createConnection(port, '127.0.0.1')
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (isOpen) return
  }
  throw new Error(`nothing listens on port ${port}`)
}
