import { createServer, type ServerResponse } from 'node:http'

/*
 * The baseline: node:http and nothing else. Its parent tells it what it serves:
 * `fixed` texts by path; `batches`, by path the objects out of which a POSTed list of ids is answered; and `lists`, by path the
 * users out of which a whole list is built. Batches and lists are made of objects by JSON.stringify for each request.
 */

export interface Told {
  readonly fixed?: Readonly<Record<string, { readonly type: string; readonly text: string; readonly etag?: string }>>
  readonly batches?: Readonly<Record<string, Readonly<Record<string, Status>>>>
  readonly lists?: Readonly<Record<string, readonly Listed[]>>
}

/** What Mattermost says of a user. */
export interface Status {
  readonly user_id: string
  readonly status: string
  readonly manual: boolean
  readonly last_activity_at: number
  readonly dnd_end_time: number
}

/** What Rocket.Chat says of a user in a list. */
export interface Listed {
  readonly _id: string
  readonly username: string
  readonly name: string
  readonly status: string
  readonly utcOffset: number
  readonly statusText?: string
  readonly statusSource?: string
  readonly avatarETag: string
}

process.once('message', ({ fixed = {}, batches = {}, lists = {} }: Told) => {
  const statuses = new Map(Object.entries(batches).map(([path, entries]) => [path, new Map(Object.entries(entries))]))
  const server = createServer((request, response) => {
    const path = request.url ?? '/'
    const [ready, users, known] = [fixed[path], lists[path], statuses.get(path)]
    if (ready?.etag !== undefined && request.headers['if-none-match'] === ready.etag) sendKnown(response, ready.etag)
    else if (ready !== undefined) send(response, ready.type, ready.text)
    else if (users !== undefined) send(response, 'application/json', listOf(users))
    else {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => send(response, 'application/json', batchOf(Buffer.concat(chunks).toString(), known)))
    }
  })
  server.listen(0, '127.0.0.1', () => process.send?.(server.address()))
})

function listOf(known: readonly Listed[]): string {
  const users = known.map(({ _id, username, name, status, utcOffset, statusText, statusSource, avatarETag }) => {
    return { _id, username, name, status, utcOffset, statusText, statusSource, avatarETag }
  })
  return JSON.stringify({ users, full: true, success: true })
}

function batchOf(body: string, known: ReadonlyMap<string, Status> | undefined): string {
  // Sorted, as the product answers.
  const ids = (JSON.parse(body) as string[]).sort()
  const statuses = ids.map((id) => {
    const { user_id, status, manual, last_activity_at, dnd_end_time } = known?.get(id) ?? UNKNOWN
    return { user_id, status, manual, last_activity_at, dnd_end_time }
  })
  return JSON.stringify(statuses)
}

const UNKNOWN: Status = { user_id: '', status: 'offline', manual: false, last_activity_at: 0, dnd_end_time: 0 }

function sendKnown(response: ServerResponse, etag: string): void {
  response.writeHead(304, { ETag: etag, 'Cache-Control': 'private, no-cache' })
  response.end()
}

function send(response: ServerResponse, type: string, text: string): void {
  response.writeHead(200, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) })
  response.end(text)
}
