import type { ServerResponse } from 'node:http'
import type { Principal } from '../core/principal.ts'
import { CLOSE, type Connection } from './connection.ts'
import { STREAM_BEAT_MS, WAITING_BYTES_MAX } from './limits.ts'
import type { Members } from './members.ts'
import { writeJoined } from './wire.ts'

export interface StreamParts {
  readonly response: ServerResponse
  readonly address: string
  readonly principal: Principal
  /** The peer is gone, or was let go. */
  readonly closed: () => void
  /** Said before a stream that may be resumed is ended. */
  readonly farewell: (code: number, reason: string) => string
}

/** An answer that does not end, as a connection: frames are text, written as it is. Null: in how many seconds to try again. */
export function openStream(members: Members, { response, address, principal, closed, farewell }: StreamParts): Connection {
  const frame = (text: string): Buffer => Buffer.from(text)
  const BEAT = frame(':\n\n')
  let open = true
  let connection: Connection | null = null
  members.join((member) => {
    const line = members.lifelines.add({
      handedBytes: () => response.socket?.bytesWritten ?? 0,
      waitingBytes: () => response.writableLength,
      ping: () => {},
      dead: () => {},
      slow: cut,
      rested: () => {},
    })
    const beat = setInterval(() => response.write(BEAT), STREAM_BEAT_MS)
    response.on('error', () => {})
    response.on('close', () => {
      open = false
      clearInterval(beat)
      line.stop()
      member.left()
      closed()
    })

    function write(frames: readonly Buffer[]): void {
      if (!open) return
      writeJoined(response, frames)
      line.heard()
      if (response.writableLength === 0) return
      line.untaken()
      if (response.writableLength > WAITING_BYTES_MAX) response.destroy()
    }

    function close(code: number, reason = ''): void {
      if (!open) return
      open = false
      response.end(farewell(code, reason))
      setTimeout(() => response.destroy(), 2_000).unref()
    }

    function cut(): void {
      close(CLOSE.slow, 'too slow; come back with your cursor')
    }

    member.identified(principal)
    connection = {
      id: member.id,
      address,
      frame,
      send: (text) => write([frame(text)]),
      write,
      identified: () => true,
      close,
      terminate: () => void response.destroy(),
      get waitingBytes() {
        return response.writableLength
      },
      onceDrained: (listener) => void (response.writableNeedDrain ? response.once('drain', listener) : setImmediate(listener)),
      get open() {
        return open
      },
    }
    return { connection, ended: () => close(CLOSE.policy, 'the token has ended') }
  })
  if (connection === null) throw new Error('a stream that nobody opened')
  return connection
}
