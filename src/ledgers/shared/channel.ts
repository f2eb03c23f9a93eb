import type { Duplex } from 'node:stream'
import { Decoder, Encoder } from '@msgpack/msgpack'
import { Failure } from '../../core/errors.ts'
import { createFrames, FRAME_HEADER_BYTES } from './frames.ts'

/** A side that leaves so much unread, in bytes, stands still, and is given up. */
export const UNREAD_BYTES_MAX = 64 * 1024 * 1024

/** What a side does when it is asked or told; what it throws or answers goes back to whoever asked. */
// biome-ignore lint/suspicious/noExplicitAny: both sides are of one build, and know what they say to each other
export type Handlers = Readonly<Record<string, (...said: any[]) => unknown>>

/** Two processes of one build that ask and tell each other, in order. */
export interface Channel {
  /** Rejects with the Failure of the other side, and with `unavailable` when it is gone. */
  ask<Answer>(name: string, ...said: readonly unknown[]): Promise<Answer>
  tell(name: string, ...said: readonly unknown[]): void
  /** Sends what was encoded once for several, at once. */
  pass(frame: Uint8Array): void
  /** What was said so far is sent now, not at the end of this turn. */
  flush(): void
  handle(handlers: Handlers): void
  /** The other side is gone, or this one closed. */
  onClosed(listener: () => void): void
  close(): void
}

/** `[0, name, said]`, `[number, name, said]`, or the answer to it: `[-number, failure, answer]`. */
type Message = readonly [number, string | FailedWords | null, unknown]
/** Code null: a bug, of which the words are told to the side that asked. */
type FailedWords = Pick<Failure, 'message' | 'reason' | 'field' | 'retryAfterMs'> & { readonly code: Failure['code'] | null }

const encoder = new Encoder({ ignoreUndefined: true })
const decoder = new Decoder()

/** One thing told, for `pass`. */
export const frameOf = (name: string, ...said: readonly unknown[]): Uint8Array => encode([[0, name, said]])

/** Speaks MessagePack in frames. What is said within one turn of the event loop goes as one frame. */
export function createChannel(stream: Duplex): Channel {
  const handlers = new Map<string, Handlers[string]>()
  const asked = new Map<number, PromiseWithResolvers<unknown>>()
  const listeners: (() => void)[] = []
  let gathered: Message[] = []
  let [number, isClosed] = [0, false]

  function say(message: Message): void {
    if (isClosed) return
    if (gathered.push(message) === 1) setImmediate(flush)
  }

  function flush(): void {
    if (gathered.length === 0) return
    const messages = gathered
    gathered = []
    pass(encode(messages))
  }

  function pass(frame: Uint8Array): void {
    if (isClosed) return
    stream.write(frame)
    if (stream.writableLength > UNREAD_BYTES_MAX) stream.destroy()
  }

  function hear([id, name, content]: Message): void {
    if (id < 0) answered(-id, name as FailedWords | null, content)
    else if (id === 0) void handlers.get(name as string)?.(...(content as unknown[]))
    else void reply(id, name as string, content as unknown[])
  }

  async function reply(id: number, name: string, said: readonly unknown[]): Promise<void> {
    try {
      const handler = handlers.get(name)
      if (handler === undefined) throw new Error(`"${name}" is not known on this side`)
      say([-id, null, await handler(...said)])
    } catch (error) {
      say([-id, wordsOf(error), null])
    }
  }

  function answered(id: number, failed: FailedWords | null, answer: unknown): void {
    const waiting = asked.get(id)
    asked.delete(id)
    if (failed === null) waiting?.resolve(answer)
    else waiting?.reject(errorOf(failed))
  }

  const gone = (): Failure => new Failure('unavailable', 'the other process is gone', { reason: 'ledger_away' })

  stream.on(
    'data',
    createFrames((frame) => (decoder.decode(frame) as Message[]).forEach(hear)),
  )
  stream.on('error', () => {})
  stream.once('close', () => {
    isClosed = true
    for (const { reject } of asked.values()) reject(gone())
    asked.clear()
    for (const listener of listeners) listener()
  })
  // A side that ends has nothing more to say, and hears nothing more.
  stream.once('end', () => stream.destroy())

  return {
    ask<Answer>(name: string, ...said: readonly unknown[]) {
      if (isClosed) return Promise.reject(gone())
      const waiting = Promise.withResolvers<Answer>()
      asked.set(++number, waiting as PromiseWithResolvers<unknown>)
      say([number, name, said])
      return waiting.promise
    },
    tell: (name, ...said) => say([0, name, said]),
    pass,
    flush,
    handle(more) {
      for (const [name, handler] of Object.entries(more)) handlers.set(name, handler)
    },
    onClosed(listener) {
      if (isClosed) listener()
      else listeners.push(listener)
    },
    close() {
      flush()
      stream.end(() => stream.destroy())
    },
  }
}

function encode(messages: readonly Message[]): Uint8Array {
  const content = encoder.encodeSharedRef(messages)
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + content.length)
  frame.writeUInt32LE(content.length)
  frame.set(content, FRAME_HEADER_BYTES)
  return frame
}

function wordsOf(error: unknown): FailedWords {
  if (!(error instanceof Failure)) return { code: null, message: String(error), reason: null, field: null, retryAfterMs: null }
  const { code, message, reason, field, retryAfterMs } = error
  return { code, message, reason, field, retryAfterMs }
}

function errorOf({ code, message, reason, field, retryAfterMs }: FailedWords): Error {
  if (code === null) return new Error(message)
  const parts = { ...(reason && { reason }), ...(field && { field }), ...(retryAfterMs !== null && { retryAfterMs }) }
  return new Failure(code, message, parts)
}
