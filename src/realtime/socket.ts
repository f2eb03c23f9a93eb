import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'
import type { Principal } from '../core/principal.ts'
import { CLOSE, type Connection, type SocketHandlers } from './connection.ts'
import type { Lifelines } from './lifelines.ts'
import { CLOSE_MS_MAX, MESSAGES_PER_SECOND_MAX, WAITING_BYTES_MAX } from './limits.ts'
import { frameText, writeFrames } from './wire.ts'

export interface SocketConnectionParts {
  readonly id: string
  readonly address: string
  readonly websocket: WebSocket
  readonly socket: Socket
  readonly lifelines: Lifelines
  /** Null: it need not say who it is. */
  readonly identifyMsMax: number | null
  readonly identified: (principal: Principal) => boolean
  /** A dialect threw. */
  readonly failed: (error: unknown) => void
  readonly closed: () => void
}

/** One WebSocket as a connection. */
export interface SocketConnection extends Connection {
  /** From here on the handlers that this answers hear of it; what it throws closes the socket with 1011. */
  begin(accept: () => SocketHandlers): void
  /** The token that it was identified with is no more. */
  ended(): void
}

export function createSocketConnection(parts: SocketConnectionParts): SocketConnection {
  const { id, address, websocket, socket, lifelines, identifyMsMax } = parts
  let handlers: SocketHandlers | null = null
  let closedByUs = false
  let messages = 0
  const line = lifelines.add({
    handedBytes: () => socket.bytesWritten,
    waitingBytes: () => socket.writableLength,
    ping: () => websocket.ping(),
    dead: () => websocket.terminate(),
    slow: cut,
    rested() {
      messages = 0
      websocket.resume()
    },
  })
  let lateness = identifyMsMax === null ? null : setTimeout(late, identifyMsMax)

  function late(): void {
    if (handlers?.late === undefined) terminate()
    else guarded(() => handlers?.late?.())
  }

  function guarded(call: () => void): void {
    try {
      call()
    } catch (error) {
      parts.failed(error)
      close(CLOSE.bug)
    }
  }

  function close(code: number, reason = ''): void {
    if (closedByUs || websocket.readyState !== websocket.OPEN) return
    closedByUs = true
    guarded(() => {
      const farewell = handlers?.farewell?.(code, reason) ?? null
      if (farewell !== null) websocket.send(farewell)
    })
    websocket.close(code, reason)
    setTimeout(() => websocket.terminate(), CLOSE_MS_MAX).unref()
  }

  function terminate(): void {
    closedByUs = true
    websocket.terminate()
  }

  function cut(): void {
    close(CLOSE.slow, 'too slow; come back with your cursor')
  }

  function watchWaiting(): void {
    const { writableLength } = socket
    if (writableLength === 0) return
    line.untaken()
    if (writableLength > WAITING_BYTES_MAX) cut()
  }

  websocket.on('message', (payload: Buffer, isBinary: boolean) => {
    line.heard()
    if (++messages > MESSAGES_PER_SECOND_MAX) {
      websocket.pause()
      line.tired()
    } else if (messages === 1) line.tired()
    guarded(() => handlers?.message(payload, isBinary))
  })
  websocket.on('pong', () => {
    line.heard()
    if (handlers?.ponged !== undefined) guarded(() => handlers?.ponged?.())
  })
  websocket.on('error', () => {})
  websocket.on('close', (code: number) => {
    clearTimeout(lateness ?? undefined)
    line.stop()
    parts.closed()
    guarded(() => handlers?.closed(code === 1006 ? null : code, closedByUs ? 'server' : 'client'))
    handlers = null
  })

  return {
    id,
    address,
    frame: frameText,
    begin(accept) {
      guarded(() => {
        handlers = accept()
      })
    },
    ended() {
      if (handlers?.ended === undefined) close(CLOSE.policy, 'the token has ended')
      else guarded(() => handlers?.ended?.())
    },
    send(text) {
      if (websocket.readyState !== websocket.OPEN) return
      websocket.send(text)
      watchWaiting()
    },
    write(frames) {
      if (websocket.readyState !== websocket.OPEN) return
      writeFrames(websocket, frames)
      watchWaiting()
    },
    identified(principal) {
      clearTimeout(lateness ?? undefined)
      lateness = null
      if (parts.identified(principal)) return true
      close(CLOSE.full, 'too many connections of yours are open')
      return false
    },
    close,
    terminate,
    get waitingBytes() {
      return socket.writableLength
    },
    onceDrained(listener) {
      if (socket.writableNeedDrain) socket.once('drain', listener)
      else setImmediate(listener)
    },
    get open() {
      return websocket.readyState === websocket.OPEN
    },
  }
}
