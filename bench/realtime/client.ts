import { connect, type Socket } from 'node:net'
import { CLOSE, clientFrame, eachFrame, HELLO, PING, PONG_FRAME, TYPE_AT } from './frames.ts'
import { tokenOf } from './people.ts'

/** A WebSocket that costs the load generator as little as can be: thousands share its core, and one buffer to read into. */
export interface Client {
  /** Who it is, and whose messages it gets: of everyone, of these users, or none. */
  readonly user: number
  say(message: object): void
  /** Without a word, with a reset. */
  cut(): void
  pause(): void
  resume(): void
  readonly socket: Socket
}

export interface ClientParts {
  readonly url: string
  readonly user: number
  readonly onHello: (client: Client) => void
  readonly onFrame: (bytes: Buffer, at: number, end: number) => void
  /** `retryAfterMs`: it was asked to come back then. */
  readonly onClose: (retryAfterMs: number | null) => void
}

const shared = Buffer.allocUnsafe(262_144)
let addresses = 0

export function openClient({ url, user, onHello, onFrame, onClose }: ClientParts): Client {
  const { hostname, port } = new URL(url)
  let rest: Buffer | null = null
  let retryAfterMs: number | null = null
  let state: 'opening' | 'open' | 'ready' = 'opening'

  function read(length: number): boolean {
    let [bytes, size] = [shared, length]
    if (rest !== null) {
      bytes = Buffer.concat([rest, shared.subarray(0, length)])
      size = bytes.length
      rest = null
    }
    if (state === 'opening') {
      const end = bytes.subarray(0, size).indexOf('\r\n\r\n')
      if (end < 0) {
        rest = Buffer.from(bytes.subarray(0, size))
        return true
      }
      if (bytes.toString('latin1', 9, 12) !== '101') {
        retryAfterMs = 1000 * Number(/^retry-after: (\d+)/im.exec(bytes.toString('latin1', 0, size))?.[1] ?? 1)
        socket.resetAndDestroy()
        return true
      }
      state = 'open'
      bytes = bytes.subarray(end + 4, size)
      size = bytes.length
    }
    const left = eachFrame(bytes, size, state === 'ready' ? onFrame : onFirst, onControl)
    if (left > 0) rest = Buffer.from(bytes.subarray(size - left, size))
    return true
  }

  function onControl(opcode: number): void {
    if (opcode === CLOSE) socket.destroy()
    else if (opcode === PING) socket.write(PONG_FRAME)
  }

  function onFirst(bytes: Buffer, at: number, end: number): void {
    if (state === 'open' && bytes[at + TYPE_AT] === HELLO) {
      state = 'ready'
      onHello(client)
    } else onFrame(bytes, at, end)
  }

  // Several addresses, so that thousands of reconnections do not run out of ports.
  const localAddress = `127.0.0.${2 + (addresses++ % 8)}`
  const socket = connect({
    host: hostname,
    port: Number(port),
    localAddress,
    noDelay: true,
    onread: { buffer: shared, callback: read },
  })
  socket.on('error', () => {})
  socket.on('close', () => onClose(retryAfterMs))
  socket.write(
    `GET /v1/socket HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer ${tokenOf(user)}\r\n\r\n`,
  )

  const client: Client = {
    user,
    say: (message) => void socket.write(clientFrame(message)),
    cut: () => void socket.resetAndDestroy(),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    socket,
  }
  return client
}
