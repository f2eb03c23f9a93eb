/** The protocol's messages, in and out, as text. What they mean is decided elsewhere. */

/** The one version that is spoken. */
export const VERSION = '1'

export type ClientMessage =
  /** `session`: the connection that it carries on, where the client knows one. */
  | { readonly msg: 'connect'; readonly version: string; readonly session: string | null }
  | { readonly msg: 'ping'; readonly id: string | null }
  | { readonly msg: 'pong' }
  | { readonly msg: 'method'; readonly id: string; readonly method: string; readonly params: readonly unknown[] }
  | { readonly msg: 'sub'; readonly id: string; readonly name: string; readonly params: readonly unknown[] }
  | { readonly msg: 'unsub'; readonly id: string }
  /** An object, but none of the messages above. */
  | { readonly msg: 'unknown'; readonly reason: string }

/** Null: no JSON object. */
export function readMessage(text: string): ClientMessage | null {
  const read = parse(text)
  if (typeof read !== 'object' || read === null || Array.isArray(read)) return null
  const { msg, id, version, session, method, name, params = [] } = { ...read } as Readonly<Record<string, unknown>>
  switch (msg) {
    case 'connect':
      return { msg, version: typeof version === 'string' ? version : '', session: textOf(session) }
    case 'ping':
      return { msg, id: textOf(id) }
    case 'pong':
      return { msg }
    case 'method':
      return isText(id) && isText(method) && Array.isArray(params) ? { msg, id, method, params } : MALFORMED
    case 'sub':
      return isText(id) && isText(name) && Array.isArray(params) ? { msg, id, name, params } : MALFORMED
    case 'unsub':
      return isText(id) ? { msg, id } : MALFORMED
    default:
      return { msg: 'unknown', reason: 'Unknown message type' }
  }
}

/** What is sent first, before anything was asked; clients pass over it. */
export const GREETING = '{"server_id":"0"}'
export const FAILED = `{"msg":"failed","version":"${VERSION}"}`
export const PING = '{"msg":"ping"}'

export const connected = (session: string): string => JSON.stringify({ msg: 'connected', session })

export const pong = (id: string | null): string => JSON.stringify({ msg: 'pong', ...(id !== null && { id }) })

export const badRequest = (reason: string): string => JSON.stringify({ msg: 'error', reason: `Bad request: ${reason}` })

/** A method that has nothing to say has no `result`. */
export const result = (id: string, value: unknown): string => JSON.stringify({ msg: 'result', id, result: value })

export const failedResult = (id: string, error: MethodError): string => JSON.stringify({ msg: 'result', id, error })

export const updated = (id: string): string => JSON.stringify({ msg: 'updated', methods: [id] })

export const ready = (id: string): string => JSON.stringify({ msg: 'ready', subs: [id] })

/** Without an error the subscription only ended; clients take it for ready where they were waiting for that. */
export const nosub = (id: string, error?: MethodError): string => JSON.stringify({ msg: 'nosub', id, error })

export const added = (collection: string, id: string, fields: object): string =>
  JSON.stringify({ msg: 'added', collection, id, fields })

export const changed = (collection: string, id: string, fields: object): string =>
  JSON.stringify({ msg: 'changed', collection, id, fields })

/** An event of a stream. Streams have one document, called `id`, unless they say otherwise. */
export const streamEvent = (stream: string, fields: StreamFields, id = 'id'): string => changed(`stream-${stream}`, id, fields)

export interface StreamFields {
  readonly eventName: string
  readonly args: readonly unknown[]
  readonly uid?: string
}

/** An instant as the protocol writes dates. */
export const dateOf = (instant: number): { readonly $date: number } => ({ $date: instant })

/** How methods and subscriptions are refused. */
export interface MethodError {
  readonly isClientSafe: true
  readonly error: string | number
  readonly reason: string
  readonly details?: object
  readonly message: string
  readonly errorType: 'Meteor.Error'
}

export function methodError(error: string | number, reason: string, details?: object): MethodError {
  const message = `${reason} [${error}]`
  return { isClientSafe: true, error, reason, ...(details && { details }), message, errorType: 'Meteor.Error' }
}

const MALFORMED: ClientMessage = { msg: 'unknown', reason: 'Malformed message' }

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

const isText = (value: unknown): value is string => typeof value === 'string'

const textOf = (value: unknown): string | null => (isText(value) ? value : null)
