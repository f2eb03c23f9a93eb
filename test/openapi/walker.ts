import { expect } from 'vitest'
import type { Person, Server } from '../server.ts'
import { ask } from './caller.ts'
import { isJson, type Judge } from './judge.ts'

export interface Step {
  /** The administrator when not given; null: nobody. */
  readonly as?: Person | null
  /** Sent as JSON. */
  readonly body?: unknown
  /** Sent as it is. */
  readonly raw?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Calls `METHOD /path`, expects this status and what the document says of it, and answers the body. */
// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the answer has
export type Walk = (call: string, status: number, step?: Step) => Promise<any>

export interface World {
  readonly server: Server
  readonly admin: Person
  readonly ann: Person
  readonly walk: Walk
}

/** Walks one call after another, and holds each answer against the document. */
export function createWalk(server: Server, admin: Person, judge: Judge): Walk {
  return async (call, status, { as = admin, body, raw, headers = {} } = {}) => {
    const [method = '', path = ''] = call.split(' ', 2)
    const sent = raw ?? (body === undefined ? undefined : JSON.stringify(body))
    const type = sent === undefined ? {} : { 'Content-Type': 'application/json' }
    const answer = await ask(server, { as, method, path, headers: { ...type, ...headers }, body: sent })
    const operation = judge.operationAt(method, path.split('?', 1)[0] ?? '')
    if (operation === null) throw new Error(`${call} is no operation of the document`)
    expect({ call, status: answer.status, text: answer.text.slice(0, answer.status === status ? 0 : 500) }).toEqual({
      call,
      status,
      text: '',
    })
    expect({ call, status, faults: judge.faultsOf(operation, answer) }).toEqual({ call, status, faults: [] })
    return isJson(answer.headers['content-type']?.split(';', 1)[0] ?? '') ? JSON.parse(answer.text) : answer.text
  }
}
