import { type IncomingMessage, request } from 'node:http'
import type { Person, Server } from '../server.ts'
import type { Answer } from './judge.ts'

export interface Asking {
  /** Null: nobody. */
  readonly as: Person | null
  readonly method: string
  /** As it goes over the wire: nothing of it is cleaned. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | undefined
}

/** Bytes of an answer that are read; streams end there. */
const ANSWER_BYTES_MAX = 4_000_000
const ANSWER_MS_MAX = 20_000

/** The headers by which every dialect knows who asks. */
export function credentialsOf(person: Person | null): Record<string, string> {
  if (person === null) return {}
  const { token, user } = person
  return { Authorization: `Bearer ${token}`, 'X-Auth-Token': token, 'X-User-Id': user.ids.rocketchat }
}

/** One request, sent just as it is said. Of an endless answer only the beginning is awaited. */
export function ask({ url }: Pick<Server, 'url'>, { as, method, path, headers, body }: Asking): Promise<Answer> {
  const { hostname, port } = new URL(url)
  const length = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) }
  return new Promise((resolve, reject) => {
    const sent = request(
      { hostname, port, method, path, headers: { ...credentialsOf(as), ...headers, ...length } },
      (response) => {
        read(response).then(resolve, reject)
      },
    )
    sent.setTimeout(ANSWER_MS_MAX, () => sent.destroy(new Error(`${method} ${path} was not answered within ${ANSWER_MS_MAX} ms`)))
    sent.once('error', reject)
    sent.end(body)
  })
}

async function read(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = []
  const headers = Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, [value].flat().join(', ')]))
  const answer = (): Answer => ({ status: response.statusCode ?? 0, headers, text: Buffer.concat(chunks).toString() })
  if (headers['content-type'] === 'text/event-stream') {
    response.destroy()
    return answer()
  }
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > ANSWER_BYTES_MAX) throw new Error(`an answer of more than ${ANSWER_BYTES_MAX} bytes`)
    chunks.push(chunk)
  }
  return answer()
}
