import type { ServerResponse } from 'node:http'
import type { Principal } from '../core/principal.ts'
import { CLOSE, type Connection, cutReasonOf } from './connection.ts'
import { type Care, heard } from './lifelines.ts'
import { CLOSE_MS_MAX, STREAM_BEAT_MS, WAITING_BYTES_MAX } from './limits.ts'
import type { Members } from './members.ts'
import { writeJoined } from './wire.ts'

export interface StreamParts {
  readonly response: ServerResponse
  readonly address: string
  readonly principal: Principal
  /** What is spoken. */
  readonly dialect: string
  /** The peer is gone, or was let go. */
  readonly closed: () => void
  /** Said before a stream that may be resumed is ended. */
  readonly farewell: (code: number, reason: string) => string
}

/** An answer that does not end, as a connection: frames are text, written as it is. */
export function openStream(
  members: Members,
  { response, address, principal, dialect, closed, farewell }: StreamParts,
): Connection {
  let open = true
  const member = members.join(`${dialect} sse`)
  const line = members.lifelines.add(CARE, { response, cut: () => close(CLOSE.slow, 'too slow; come back with your cursor') })
  const beat = setInterval(() => response.write(BEAT), STREAM_BEAT_MS)
  response.on('error', () => {})
  response.on('close', () => {
    open = false
    clearInterval(beat)
    members.lifelines.remove(line)
    members.left(member)
    closed()
  })

  function write(frames: readonly Buffer[]): void {
    if (!open) return
    writeJoined(response, frames)
    heard(line)
    if (response.writableLength === 0) return
    members.lifelines.untaken(line)
    if (response.writableLength <= WAITING_BYTES_MAX) return
    members.wasCut('slow')
    response.destroy()
  }

  function close(code: number, reason = ''): void {
    if (!open) return
    open = false
    members.wasCut(cutReasonOf(code))
    response.end(farewell(code, reason))
    setTimeout(() => response.destroy(), CLOSE_MS_MAX).unref()
  }

  members.identified(member, principal)
  member.connection = {
    id: member.id,
    address,
    frame,
    send: (text) => write([frame(text)]),
    write,
    identified: () => true,
    ended: () => close(CLOSE.policy, 'the token has ended'),
    close,
    terminate: () => void response.destroy(),
    waitingBytes: () => response.writableLength,
    onceDrained: (listener) => void (response.writableNeedDrain ? response.once('drain', listener) : setImmediate(listener)),
    isOpen: () => open,
  }
  return member.connection
}

interface Peer {
  readonly response: ServerResponse
  readonly cut: () => void
}

/** A stream's peer says nothing; that it is gone shows when it is written to. */
const CARE: Care<Peer> = {
  handedBytes: ({ response }) => response.socket?.bytesWritten ?? 0,
  waitingBytes: ({ response }) => response.writableLength,
  ping() {},
  dead() {},
  slow: ({ cut }) => cut(),
  rested() {},
}

const frame = (text: string): Buffer => Buffer.from(text)

const BEAT = frame(':\n\n')
