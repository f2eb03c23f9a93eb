import type { People } from '../../core/accounts.ts'
import { frameText } from '../../realtime/wire.ts'
import { GREETING } from './ddp.ts'
import { closing, framed, OPEN, unframed } from './socket-sockjs.ts'
import { createStreamFrames, type StreamFrames } from './streams-frames.ts'

/** How messages travel on one kind of socket. */
export interface Form {
  /** What is sent as soon as a socket is open. */
  readonly greetings: readonly string[]
  /** The messages in what a client sent; null: it is not of this form. */
  read(text: string): readonly string[] | null
  /** A message as it is sent. */
  write(message: string): string
  /** What is said before the server closes; null: nothing. */
  farewell(code: number, reason: string): string | null
  readonly frames: StreamFrames
}

/** A message is a message. */
export function plainForm(people: People): Form {
  const frames = createStreamFrames({ people, frame: frameText })
  return { greetings: [GREETING], read: (text) => [text], write: (message) => message, farewell: () => null, frames }
}

/** Messages travel in lists. */
export function sockjsForm(people: People): Form {
  const write = (message: string): string => framed([message])
  const frames = createStreamFrames({ people, frame: (message) => frameText(write(message)) })
  return { greetings: [OPEN, write(GREETING)], read: unframed, write, farewell: closing, frames }
}
