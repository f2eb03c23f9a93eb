import type { Instant } from '../core/vocabulary.ts'
import type { DeliveryTry } from '../core/webhooks.ts'
import type { Message } from './message.ts'
import type { Outcome, Post } from './post.ts'
import type { StoredWebhook } from './records.ts'
import { signed } from './signing.ts'
import { createTurns, type Turns } from './turns.ts'

/** Sends one webhook's messages, one at a time, and remembers the last tries. */
export interface Sender {
  send(webhook: StoredWebhook, message: Message, number: number, stop: AbortSignal): Promise<Sent>
  /** The latest first. */
  readonly recent: readonly DeliveryTry[]
}

export interface Sent extends Pick<Outcome, 'retryAfterMs'> {
  readonly tried: DeliveryTry
}

export interface SenderParts {
  readonly post: Post
  /** Those of all webhooks together. */
  readonly turns: Turns
  readonly recentMax: number
  readonly now: () => Instant
  /** Hears of each try; absent: nobody does. */
  readonly onTried?: (tried: DeliveryTry) => void
}

export function createSender({ post, turns, recentMax, now, onTried }: SenderParts): Sender {
  const own = createTurns(1)
  let recent: readonly DeliveryTry[] = []

  async function sendNow(webhook: StoredWebhook, { id, body }: Message, number: number, stop: AbortSignal): Promise<Sent> {
    const at = now()
    const secrets = webhook.secrets.filter(({ until }) => until === null || until > at).map(({ secret }) => secret)
    const headers = {
      'Content-Type': 'application/json',
      'User-Agent': 'Rollcall-Webhooks',
      ...signed(id, at, body, secrets),
    }
    const { status, why, retryAfterMs } = await post({ url: webhook.url, headers, body }, stop)
    const tried = { messageId: id, at, number, status, tookMs: now() - at, why }
    onTried?.(tried)
    if (!stop.aborted) recent = [tried, ...recent].slice(0, recentMax)
    return { tried, retryAfterMs }
  }

  return {
    send: (...letter) => own.take(() => turns.take(() => sendNow(...letter))),
    get recent() {
      return recent
    },
  }
}
