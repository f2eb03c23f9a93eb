import type { People, SettingsView } from '../core/accounts.ts'
import type { Audit } from '../core/audit.ts'
import type { DirectoryKeys } from '../core/keys.ts'
import { STRANGER } from '../core/principal.ts'
import type { Log, PresenceService } from '../core/service.ts'
import type { Instant, Presence } from '../core/vocabulary.ts'
import type { DeliveryTry, WebhooksService } from '../core/webhooks.ts'
import { createAddresses, type Resolve } from './addresses.ts'
import { type Courier, createCourier } from './courier.ts'
import type { GroupsAsked } from './filter.ts'
import { DELIVERY_LIMITS, type DeliveryLimits } from './limits.ts'
import { testMessage } from './message.ts'
import { createPost } from './post.ts'
import { createRecords, type StoredWebhook } from './records.ts'
import { createSender, type Sender } from './sender.ts'
import { createService } from './service.ts'
import { createTurns } from './turns.ts'

export interface WebhooksParts {
  readonly keys: DirectoryKeys
  readonly presence: PresenceService
  readonly people: People
  readonly settings: SettingsView
  /** Absent: nothing is audited. */
  readonly audit?: Audit
  readonly groups: GroupsAsked
  /** The native shape of a presence. */
  readonly shapeOf: (presence: Presence) => object
  readonly resolve: Resolve
  /** Whether this node is the one that delivers: one at a time is. */
  readonly onDuty: () => boolean
  readonly now: () => Instant
  readonly newId: () => string
  /** Cryptographically strong bytes. */
  readonly randomBytes: (bytes: number) => Uint8Array
  /** Hears of each try to deliver; absent: nobody does. */
  readonly onTried?: (tried: DeliveryTry) => void
  /** Spreads retries; 0 to 1. */
  readonly random?: () => number
  readonly limits?: Partial<DeliveryLimits>
  readonly log: Log
}

export interface WebhooksOfNode {
  readonly service: WebhooksService
  /** Everything is loaded: what changed meanwhile is told from here on. */
  start(): void
  close(): Promise<void>
}

/** One webhook on this node. */
interface Post {
  readonly sender: Sender
  courier: Courier | null
  /** Starts and stops follow one another. */
  settled: Promise<void>
}

/** Made before loading, so that it gets its keys. */
export function createWebhooks(parts: WebhooksParts): WebhooksOfNode {
  const { keys, presence, settings, resolve, now, newId, onTried, random = Math.random, audit = () => [] } = parts
  const limits = { ...DELIVERY_LIMITS, ...parts.limits }
  const { view } = presence.as(STRANGER, 'webhooks')
  const addresses = createAddresses(settings, resolve)
  const post = createPost({ addresses, answerMsMax: limits.answerMsMax })
  const turns = createTurns(limits.requestsMax)
  const records = createRecords(keys, (webhookId, changed) => {
    if (changed === 'words') reconcile(webhookId)
    else posts.get(webhookId)?.courier?.wake()
  })
  const posts = new Map<string, Post>()
  let running = false

  function postOf(webhookId: string): Post {
    const known = posts.get(webhookId)
    if (known !== undefined) return known
    const sender = createSender({ post, turns, recentMax: limits.recentMax, now, ...(onTried && { onTried }) })
    const made: Post = { sender, courier: null, settled: Promise.resolve() }
    posts.set(webhookId, made)
    return made
  }

  /** A webhook whose words changed goes on with the new ones, from its cursor. */
  function reconcile(webhookId: string): void {
    const own = postOf(webhookId)
    own.settled = own.settled.then(async () => {
      await own.courier?.stop()
      const webhook = records.webhook.get(webhookId)
      own.courier = running && webhook?.active ? start(webhookId, webhook, own.sender) : null
      if (webhook === null) posts.delete(webhookId)
    })
  }

  function start(webhookId: string, webhook: StoredWebhook, sender: Sender): Courier {
    return createCourier({ ...parts, webhookId, webhook, records, view, sender, limits, random })
  }

  async function test(webhookId: string, webhook: StoredWebhook): Promise<DeliveryTry> {
    const message = testMessage(webhookId, now(), newId())
    const { tried } = await postOf(webhookId).sender.send(webhook, message, 1, new AbortController().signal)
    return tried
  }

  const cursor = (): string => {
    const watch = view.watch({ told: () => {}, gone: () => {} })
    watch.stop()
    return watch.cursor()
  }

  return {
    service: createService({
      ...parts,
      records,
      addresses,
      audit,
      cursor,
      test,
      deliveriesOf: (webhookId) => {
        const known = posts.get(webhookId)
        return { recent: known?.sender.recent ?? [], waiting: known?.courier?.waiting ?? 0 }
      },
    }),
    start() {
      running = true
      for (const webhookId of records.ids) reconcile(webhookId)
    },
    async close() {
      running = false
      for (const webhookId of posts.keys()) reconcile(webhookId)
      await Promise.all([...posts.values()].map(({ settled }) => settled))
    },
  }
}
