import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/*
 * Receives what a webhook tells, believes only what is signed, and prints who is what. Needs nothing but Node:
 *   WEBHOOK_SECRET=whsec_… PORT=4700 node examples/webhook-receiver.ts
 */

const secret = process.env['WEBHOOK_SECRET'] ?? ''
const SECONDS_OFF_MAX = 300
const REMEMBERED_MAX = 1_000

/** What came already: a message may come twice, and must not count twice. */
const known = new Set<string>()

const server = createServer((request, response) => void receive(request, response))

server.listen(Number(process.env['PORT'] ?? 4700), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})

async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const body = Buffer.concat(chunks).toString()
  if (!isSigned(request.headers, body)) return void response.writeHead(401).end()
  const { id, presences = [], removed = [] } = JSON.parse(body)
  if (!known.has(id)) {
    for (const { userId, availability, note } of presences) console.log(`${userId} ${availability} ${note?.text ?? ''}`.trim())
    for (const userId of removed) console.log(`${userId} is no more`)
    known.add(id)
    for (const oldest of known) if (known.size > REMEMBERED_MAX) known.delete(oldest)
  }
  response.writeHead(204).end()
}

/** One of the signatures is made with our secret, over this very body, a short time ago. */
function isSigned(headers: IncomingHttpHeaders, body: string): boolean {
  const [id, timestamp, signatures] = ['id', 'timestamp', 'signature'].map((name) => String(headers[`webhook-${name}`] ?? ''))
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) <= SECONDS_OFF_MAX)) return false
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64')
  const expected = Buffer.from(`v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`)
  return (signatures ?? '').split(' ').some((signature) => {
    const given = Buffer.from(signature)
    return given.length === expected.length && timingSafeEqual(given, expected)
  })
}
