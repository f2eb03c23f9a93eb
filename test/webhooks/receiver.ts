import { createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createSecureServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'

export interface Received {
  readonly headers: IncomingMessage['headers']
  readonly path: string
  /** As it came. */
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever was sent
  readonly message: any
}

/** What a receiver answers; `hang` never does. */
export type Reply =
  | number
  | 'hang'
  | 'cut'
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly afterMs?: number }

export type Receiver = Awaited<ReturnType<typeof startReceiver>>

/** A real receiver of webhooks on a loopback address, over https with a `certificate`; it replies 204 until told otherwise. */
export async function startReceiver(host = '127.0.0.1', certificate?: Pick<ServerOptions, 'key' | 'cert'>) {
  const received: Received[] = []
  const waiting = new Set<() => void>()
  let answer: (request: Received) => Reply = () => 204
  const unanswered = new Set<unknown>()
  let atOnceMax = 0

  const listener: RequestListener = (request, response) => {
    atOnceMax = Math.max(atOnceMax, unanswered.add(request).size)
    response.on('close', () => void unanswered.delete(request))
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => void chunks.push(chunk))
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString()
      const one = { headers: request.headers, path: request.url ?? '', text, message: text === '' ? null : JSON.parse(text) }
      received.push(one)
      const reply = answer(one)
      for (const wake of waiting) wake()
      if (reply === 'hang') return
      if (reply === 'cut') return void request.socket.destroy()
      const { status, headers = {}, afterMs = 0 } = typeof reply === 'number' ? { status: reply } : reply
      setTimeout(() => {
        unanswered.delete(request)
        response.writeHead(status, headers).end()
      }, afterMs)
    })
  }
  const server = certificate === undefined ? createServer(listener) : createSecureServer(certificate, listener)
  await new Promise<void>((resolve) => void server.listen(0, host, resolve))
  const { port } = server.address() as AddressInfo

  return {
    url: `http://${host}:${port}/hooks`,
    port,
    received,
    atOnceMax: () => atOnceMax,
    answerWith(next: (request: Received) => Reply): void {
      answer = next
    },
    /** Resolves once so many have come that pass. */
    async until(count: number, passes: (request: Received) => boolean = () => true): Promise<readonly Received[]> {
      for (;;) {
        const found = received.filter(passes)
        if (found.length >= count) return found
        await new Promise<void>((resolve) => {
          const wake = (): void => {
            waiting.delete(wake)
            resolve()
          }
          waiting.add(wake)
        })
      }
    },
    /** The latest availability it was told of each user. */
    mirror(): Readonly<Record<string, string>> {
      const mirror: Record<string, string> = {}
      for (const { message } of received)
        for (const { userId, availability } of message.presences ?? []) mirror[userId] = availability
      return mirror
    },
    async [Symbol.asyncDispose](): Promise<void> {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** As a receiver verifies it, by the convention alone. */
export function isSignedBy(secret: string, { headers, text }: Received): boolean {
  const content = [headers['webhook-id'], headers['webhook-timestamp'], text].join('.')
  const digest = createHmac('sha256', Buffer.from(secret.slice('whsec_'.length), 'base64'))
    .update(content)
    .digest('base64')
  return String(headers['webhook-signature']).split(' ').includes(`v1,${digest}`)
}
