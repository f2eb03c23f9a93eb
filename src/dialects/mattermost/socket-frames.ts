import { frameEnding, textToKeep } from '../../realtime/wire.ts'
import type { AppError } from './errors.ts'
import { encode } from './go-json.ts'

/**
 * An event as everybody who is told of it gets it, up to where each connection's own number goes; written with spaces, as
 * the product writes what goes to many.
 */
export function eventHead(event: string, content: string, broadcast: string): Buffer {
  return textToKeep(`{"event": "${event}", "data": ${content}, "broadcast": ${broadcast}, "seq": `)
}

/** An event with its connection's number on it, framed. */
export function numbered(head: Buffer, seq: number): Buffer {
  return frameEnding(head, `${seq}}`)
}

/** The first event of a connection; written without spaces, as the product writes what goes to one. */
export function helloHead({ connectionId, id, versionId }: Greeted): Buffer {
  const content = encode({ connection_id: connectionId, server_hostname: HOSTNAME, server_version: versionId })
  return Buffer.from(`{"event":"hello","data":${content},"broadcast":${broadcastTo(id)},"seq":`)
}

export interface Greeted {
  readonly connectionId: string
  /** The user's id in this product. */
  readonly id: string
  readonly versionId: string
}

/** Whom an event is for: one user's connections. */
export function broadcastTo(id: string): string {
  return `{"omit_users":null,"user_id":${encode(id)},${NOWHERE}}`
}

/** Whom an event is for: everybody but the user it is about, who gets one that says more. */
export function broadcastToOthers(id: string): string {
  return `{"omit_users":{${encode(id)}:true},"user_id":"",${NOWHERE},"contains_sanitized_data":true}`
}

/** The answer to a request; `content` is JSON, or absent where there is nothing to tell. */
export function replyFrame(seq: number, content?: string): string {
  return `{"status":"OK",${replyTo(seq)}${content === undefined ? '' : `,"data":${content}`}}\n`
}

/** The answer to a request that is not right. */
export function errorFrame(seq: number, { id, message, status }: AppError): string {
  const error = encode({ id, message, detailed_error: '', status_code: status })
  return `{"status":"FAIL",${seq === 0 ? '' : `${replyTo(seq)},`}"error":${error}}\n`
}

const NOWHERE = '"channel_id":"","team_id":"","connection_id":"","omit_connection_id":""'
/** The machine's own name is nobody's business. */
const HOSTNAME = 'rollcall'

const replyTo = (seq: number): string => `"seq_reply":${seq}`
