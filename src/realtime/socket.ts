import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'
import { CLOSE, type Connection, cutReasonOf, type SocketHandlers } from './connection.ts'
import { type Care, heard, type Lifeline } from './lifelines.ts'
import { CLOSE_MS_MAX, MESSAGES_PER_SECOND_MAX, WAITING_BYTES_MAX } from './limits.ts'
import type { Member, MemberConnection, Members } from './members.ts'
import { frameOnce, frameText, writeJoined } from './wire.ts'

/** What all sockets share. */
export interface SocketsParts {
  readonly members: Members
  /** A dialect threw. */
  readonly failed: (error: unknown, path: string) => void
}

export interface SocketParts {
  readonly websocket: WebSocket
  readonly socket: Socket
  readonly address: string
  readonly path: string
  /** The dialect that it speaks. */
  readonly dialect: string
  /** Null: it need not say who it is. */
  readonly identifyMsMax: number | null
}

/** One WebSocket. There are thousands: what is done with it are functions of this, and few closures are made for each. */
interface Peer {
  readonly parts: SocketsParts
  readonly member: Member
  readonly websocket: WebSocket
  readonly socket: Socket
  readonly path: string
  line: Lifeline | null
  handlers: SocketHandlers | null
  /** Until when it must have said who it is; null: it did, or need not. */
  lateness: NodeJS.Timeout | null
  closedByUs: boolean
  /** Its user has too many: closed as soon as its handlers can say so. */
  isOneTooMany: boolean
  /** Messages in this second. */
  messages: number
}

/** Makes a connection of a WebSocket, which the handlers that `accept` answers hear of; what they throw closes it with 1011. */
export function openSocket(
  parts: SocketsParts,
  { websocket, socket, address, path, dialect, identifyMsMax }: SocketParts,
  accept: (connection: Connection) => SocketHandlers,
): void {
  const peer: Peer = {
    parts,
    member: parts.members.join(`${dialect} websocket`),
    websocket,
    socket,
    path,
    line: null,
    handlers: null,
    lateness: null,
    closedByUs: false,
    isOneTooMany: false,
    messages: 0,
  }
  peer.line = parts.members.lifelines.add(CARE, peer)
  if (identifyMsMax !== null) peer.lateness = setTimeout(late, identifyMsMax, peer)
  const connection = connectionOf(peer, address)
  peer.member.connection = connection
  listen(peer)
  guarded(peer, () => {
    peer.handlers = accept(connection)
  })
  if (peer.isOneTooMany) closeFull(peer)
}

const CARE: Care<Peer> = {
  handedBytes: ({ socket }) => socket.bytesWritten,
  waitingBytes: ({ socket }) => socket.writableLength,
  ping: ({ websocket }) => websocket.ping(),
  dead(peer) {
    peer.parts.members.wasCut('dead')
    peer.websocket.terminate()
  },
  slow: cut,
  rested(peer) {
    peer.messages = 0
    peer.websocket.resume()
  },
}

/** What a dialect gets of it. */
interface PeerConnection extends MemberConnection {
  readonly peer: Peer
}

function connectionOf(peer: Peer, address: string): MemberConnection {
  const own: Pick<PeerConnection, 'id' | 'address' | 'peer'> = { id: peer.member.id, address, peer }
  return Object.assign(Object.create(SHARED), own)
}

/** What all connections do, each with the peer that is its own: a dozen closures for each were a twentieth of its memory. */
const SHARED: Omit<MemberConnection, 'id' | 'address'> & ThisType<PeerConnection> = {
  frame: frameText,
  send(text) {
    const { peer } = this
    if (!isOpen(peer)) return
    peer.socket.write(frameOnce(text))
    watchWaiting(peer)
  },
  write(frames) {
    const { peer } = this
    if (!isOpen(peer)) return
    writeJoined(peer.socket, frames)
    watchWaiting(peer)
  },
  identified(principal) {
    const { peer } = this
    clearTimeout(peer.lateness ?? undefined)
    peer.lateness = null
    if (peer.parts.members.identified(peer.member, principal)) return true
    if (peer.handlers === null) peer.isOneTooMany = true
    else closeFull(peer)
    return false
  },
  ended() {
    const { peer } = this
    if (peer.handlers?.ended === undefined) close(peer, CLOSE.policy, 'the token has ended')
    else guarded(peer, () => peer.handlers?.ended?.())
  },
  close(code, reason) {
    close(this.peer, code, reason)
  },
  terminate() {
    terminate(this.peer)
  },
  waitingBytes() {
    return this.peer.socket.writableLength
  },
  onceDrained(listener) {
    const { socket } = this.peer
    if (socket.writableNeedDrain) socket.once('drain', listener)
    else setImmediate(listener)
  },
  isOpen() {
    return isOpen(this.peer)
  },
}

const isOpen = ({ websocket }: Peer): boolean => websocket.readyState === websocket.OPEN

function listen(peer: Peer): void {
  const { websocket } = peer
  websocket.on('message', (payload: Buffer, isBinary: boolean) => take(peer, payload, isBinary))
  websocket.on('pong', () => {
    if (peer.line !== null) heard(peer.line)
    if (peer.handlers?.ponged !== undefined) guarded(peer, () => peer.handlers?.ponged?.())
  })
  websocket.on('error', ignore)
  websocket.on('close', (code: number) => closed(peer, code))
}

function take(peer: Peer, payload: Buffer, isBinary: boolean): void {
  const { line, websocket, parts } = peer
  if (line === null) return
  heard(line)
  if (++peer.messages > MESSAGES_PER_SECOND_MAX) {
    websocket.pause()
    parts.members.lifelines.tired(line)
  } else if (peer.messages === 1) parts.members.lifelines.tired(line)
  guarded(peer, () => peer.handlers?.message(payload, isBinary))
}

function closed(peer: Peer, code: number): void {
  const { line, parts, member } = peer
  clearTimeout(peer.lateness ?? undefined)
  if (line !== null) parts.members.lifelines.remove(line)
  parts.members.left(member)
  guarded(peer, () => peer.handlers?.closed(code === 1006 ? null : code, peer.closedByUs ? 'server' : 'client'))
  peer.handlers = null
}

function late(peer: Peer): void {
  peer.parts.members.wasCut('late')
  if (peer.handlers?.late === undefined) terminate(peer)
  else guarded(peer, () => peer.handlers?.late?.())
}

function guarded(peer: Peer, call: () => void): void {
  try {
    call()
  } catch (error) {
    peer.parts.failed(error, peer.path)
    close(peer, CLOSE.bug)
  }
}

function close(peer: Peer, code: number, reason = '', why = cutReasonOf(code)): void {
  const { websocket } = peer
  if (peer.closedByUs || websocket.readyState !== websocket.OPEN) return
  peer.closedByUs = true
  peer.parts.members.wasCut(why)
  guarded(peer, () => {
    const farewell = peer.handlers?.farewell?.(code, reason) ?? null
    if (farewell !== null) websocket.send(farewell)
  })
  websocket.close(code, reason)
  setTimeout(() => websocket.terminate(), CLOSE_MS_MAX).unref()
}

function terminate(peer: Peer): void {
  peer.closedByUs = true
  peer.websocket.terminate()
}

function cut(peer: Peer): void {
  close(peer, CLOSE.slow, 'too slow; come back with your cursor')
}

function closeFull(peer: Peer): void {
  close(peer, CLOSE.full, 'too many connections of yours are open', 'full')
}

function watchWaiting(peer: Peer): void {
  const { writableLength } = peer.socket
  if (writableLength === 0 || peer.line === null) return
  peer.parts.members.lifelines.untaken(peer.line)
  if (writableLength > WAITING_BYTES_MAX) cut(peer)
}

const ignore = (): void => {}
