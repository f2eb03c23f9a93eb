import type { IncomingMessage, ServerResponse } from 'node:http'
import { userId } from './people.ts'

/** Statuses as a server keeps them that knows no claims and no sessions, for the baselines. */
export interface Plain {
  readonly userId: string
  readonly availability: string
  readonly note?: { readonly text: string; readonly emoji: string }
  readonly since: string
  readonly source: string
  readonly manual: boolean
  readonly lastActiveAt: string
}

export const offline = (number: number): Plain => ({
  userId: userId(number),
  availability: 'offline',
  since: new Date().toISOString(),
  source: 'none',
  manual: false,
  lastActiveAt: new Date().toISOString(),
})

export function changed(before: Plain, said: { readonly text?: string; readonly availability?: string }): Plain {
  const now = new Date().toISOString()
  const { text, availability = before.availability } = said
  const note = text === undefined ? before.note : { text, emoji: '' }
  const { userId: id, since } = before
  // As the product orders them: readers find their way by it.
  return {
    userId: id,
    availability,
    ...(note !== undefined && { note }),
    since: availability === before.availability ? since : now,
    source: 'manual',
    manual: true,
    lastActiveAt: now,
  }
}

export const frameOf = (presence: Plain): Buffer => Buffer.from(JSON.stringify({ type: 'presence', presence }))

/** Answers `PUT /v1/presence/USER/WHAT` and `GET /v1/presence`. */
export function answer(
  request: IncomingMessage,
  response: ServerResponse,
  set: (userId: string, said: { readonly text?: string }) => unknown,
  all: () => readonly Plain[] | Promise<readonly Plain[]>,
): void {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => void chunks.push(chunk))
  const respond = async (): Promise<void> => {
    const id = request.url?.split('/')[3]
    const body = Buffer.concat(chunks).toString()
    const answered = id === undefined ? { presences: await all() } : await set(id, JSON.parse(body))
    response.setHeader('Content-Type', 'application/json')
    response.end(JSON.stringify(answered))
  }
  request.on('end', () => void respond())
}
