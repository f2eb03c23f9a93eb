import type { Principal } from './principal.ts'
import type { Availability, Instant, UserId } from './vocabulary.ts'

/* Programs elsewhere that are told by HTTP: implemented by src/webhooks, which tells them what strangers see. */

/** Where it is told, and of whom; each limit may be null: none. */
export interface WebhookWords {
  readonly url: string
  /** For people; may be empty. */
  readonly name: string
  /** With `groups`: whoever is named or in one of them. */
  readonly users: readonly UserId[] | null
  readonly groups: readonly string[] | null
  /** Only presences that have one of these. */
  readonly availabilities: readonly Availability[] | null
  /** Off: nothing is told; on again, it goes on from where it stood. */
  readonly active: boolean
}

export interface Webhook extends WebhookWords {
  readonly id: string
  readonly createdAt: Instant
  readonly updatedAt: Instant
  /** Switched off by the server, with words why; null: it was not. */
  readonly disabled: { readonly at: Instant; readonly why: string } | null
  /** By which its owner recognises each secret that signs now; null: until it is replaced. */
  readonly secrets: readonly { readonly tail: string; readonly until: Instant | null }[]
}

/** A webhook with its new secret, which is shown this once. */
export interface MadeWebhook {
  readonly webhook: Webhook
  readonly secret: string
}

/** One request that was tried. */
export interface DeliveryTry {
  readonly messageId: string
  readonly at: Instant
  /** Counted from 1 for each message. */
  readonly number: number
  /** Null: nobody answered. */
  readonly status: number | null
  readonly tookMs: number
  /** Null: it was taken; else why not, in words. */
  readonly why: string | null
}

/** A message that was given up. Redelivered, it tells of its users as they are by then. */
export interface DeadLetter {
  readonly messageId: string
  readonly at: Instant
  readonly users: readonly UserId[]
  readonly tries: number
  readonly why: string
  /** It was asked to be delivered again, and waits for that. */
  readonly wanted: boolean
}

export interface Deliveries {
  /** Users who changed, and wait to be told of. */
  readonly waiting: number
  /** Since when no request was taken; null: the last one was, or none was tried. */
  readonly failingSince: Instant | null
  /** Of this process, the latest first. */
  readonly recent: readonly DeliveryTry[]
  /** The latest first. */
  readonly dead: readonly DeadLetter[]
}

export interface WebhooksService {
  as(principal: Principal): Webhooks
}

/**
 * Everything needs the permission `manage-webhooks`, and a token that is not limited to some users.
 * Throws Failure: `forbidden` · `not_found` no_such_webhook, no_such_user · `invalid` with the field · `unavailable`.
 */
export interface Webhooks {
  list(): readonly Webhook[]
  get(webhookId: string): Webhook
  create(words: Pick<WebhookWords, 'url'> & Partial<WebhookWords>): Promise<MadeWebhook>
  change(webhookId: string, change: Partial<WebhookWords>): Promise<Webhook>
  remove(webhookId: string): Promise<void>
  /** The old secret signs beside the new one for so long, in ms. */
  rotate(webhookId: string, keepOldMs: number): Promise<MadeWebhook>
  /** Sends a message of type `webhook.test` now, and answers what became of it. */
  test(webhookId: string): Promise<DeliveryTry>
  deliveries(webhookId: string): Deliveries
  /** Dead letters to be told again; null: all. Answers how many there are of them. */
  redeliver(webhookId: string, messageIds: readonly string[] | null): Promise<number>
}
