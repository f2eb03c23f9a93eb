import type { Audit, AuditKind } from '../core/audit.ts'
import { Failure } from '../core/errors.ts'
import type { DirectoryKeys, Plan } from '../core/keys.ts'
import type { Principal } from '../core/principal.ts'
import type { Instant } from '../core/vocabulary.ts'
import type { Deliveries, DeliveryTry, MadeWebhook, Webhook, Webhooks, WebhooksService, WebhookWords } from '../core/webhooks.ts'
import { KEEP_OLD_MS_MAX, WEBHOOKS_MAX } from './limits.ts'
import type { Records, StoredWebhook } from './records.ts'
import { newSecret } from './signing.ts'
import { understood, type WordsParts } from './words.ts'

export interface ServiceParts extends WordsParts {
  readonly keys: DirectoryKeys
  readonly records: Records
  readonly audit: Audit
  /** Where the telling stands now. */
  readonly cursor: () => string
  readonly test: (webhookId: string, webhook: StoredWebhook) => Promise<DeliveryTry>
  readonly deliveriesOf: (webhookId: string) => Pick<Deliveries, 'recent' | 'waiting'>
  readonly now: () => Instant
  readonly newId: () => string
  readonly randomBytes: (bytes: number) => Uint8Array
}

type Details = Readonly<Record<string, unknown>> & { readonly url?: string | undefined }

const WORDS: Omit<WebhookWords, 'url'> = { name: '', users: null, groups: null, availabilities: null, active: true }

export function createService(parts: ServiceParts): WebhooksService {
  return {
    as(principal) {
      assertMay(principal)
      return webhooksFor(principal, parts)
    },
  }
}

function webhooksFor({ by }: Principal, parts: ServiceParts): Webhooks {
  const { keys, records, audit, cursor, test, deliveriesOf, now, newId, randomBytes } = parts

  function found(webhookId: string): StoredWebhook {
    const webhook = records.ids.includes(webhookId) ? records.webhook.get(webhookId) : null
    if (webhook !== null) return webhook
    throw new Failure('not_found', 'There is no such webhook.', { reason: 'no_such_webhook', field: 'webhook' })
  }

  /** A change that the audit log tells of; an address may be a secret beyond its host. */
  function noted(kind: AuditKind, webhookId: string, { url, ...rest }: Details, plan: () => Plan<Webhook>): Promise<Webhook> {
    const details = { ...rest, ...(url !== undefined && { origin: new URL(url).origin }) }
    const entry = { kind, by, target: webhookId, details }
    return keys.change(() => ({ ...plan(), appends: audit(entry, now()) }))
  }

  async function create(said: Parameters<Webhooks['create']>[0]): Promise<MadeWebhook> {
    const words = { ...WORDS, ...understood(said, parts) }
    const [id, secret, at] = [newId(), newSecret(randomBytes), now()]
    const made: StoredWebhook = { ...words, createdAt: at, updatedAt: at, disabled: null, secrets: [{ secret, until: null }] }
    const since = { cursor: cursor(), failingSince: null }
    const webhook = await noted('webhook.created', id, words, () => {
      if (records.ids.length >= WEBHOOKS_MAX) throw new Failure('invalid', `There may be at most ${WEBHOOKS_MAX} webhooks.`)
      return { writes: [records.webhook.write(id, made), records.progress.write(id, since)], answer: seen(id, made, at) }
    })
    return { webhook, secret }
  }

  async function change(webhookId: string, said: Partial<WebhookWords>): Promise<Webhook> {
    const asked = understood(said, parts)
    return noted('webhook.changed', webhookId, asked, () => {
      const webhook = { ...found(webhookId), ...asked, updatedAt: now(), ...(asked.active !== undefined && { disabled: null }) }
      const progress = records.progress.get(webhookId)
      const isForgiven = asked.active === true && progress !== null && progress.failingSince !== null
      return {
        writes: [
          records.webhook.write(webhookId, webhook),
          ...(isForgiven ? [records.progress.write(webhookId, { ...progress, failingSince: null })] : []),
        ],
        answer: seen(webhookId, webhook, now()),
      }
    })
  }

  async function rotate(webhookId: string, keepOldMs: number): Promise<MadeWebhook> {
    if (!(keepOldMs >= 0 && keepOldMs <= KEEP_OLD_MS_MAX))
      throw new Failure('invalid', `keepOldMs must be from 0 to ${KEEP_OLD_MS_MAX}.`, { field: 'keepOldMs' })
    const secret = newSecret(randomBytes)
    const webhook = await noted('webhook.changed', webhookId, { secret: 'rotated', keepOldMs }, () => {
      const { secrets, ...rest } = found(webhookId)
      const at = now()
      const old = keepOldMs === 0 ? [] : secrets.slice(0, 1).map((kept) => ({ ...kept, until: at + keepOldMs }))
      const rotated = { ...rest, updatedAt: at, secrets: [{ secret, until: null }, ...old] }
      return { writes: [records.webhook.write(webhookId, rotated)], answer: seen(webhookId, rotated, at) }
    })
    return { webhook, secret }
  }

  async function remove(webhookId: string): Promise<void> {
    await noted('webhook.deleted', webhookId, {}, () => {
      const kept = [records.webhook, records.progress, records.dead].filter((record) => record.get(webhookId) !== null)
      const answer = seen(webhookId, found(webhookId), now())
      return { writes: kept.map((record) => record.write(webhookId, null)), answer }
    })
  }

  function deliveries(webhookId: string): Deliveries {
    found(webhookId)
    const failingSince = records.progress.get(webhookId)?.failingSince ?? null
    return { ...deliveriesOf(webhookId), failingSince, dead: records.dead.get(webhookId) ?? [] }
  }

  async function redeliver(webhookId: string, messageIds: readonly string[] | null): Promise<number> {
    return keys.change(() => {
      found(webhookId)
      const dead = records.dead.get(webhookId) ?? []
      const isMeant = (messageId: string): boolean => messageIds?.includes(messageId) ?? true
      const marked = dead.map((letter) => (isMeant(letter.messageId) ? { ...letter, wanted: true } : letter))
      const answer = dead.filter(({ messageId }) => isMeant(messageId)).length
      return { writes: answer === 0 ? [] : [records.dead.write(webhookId, marked)], answer }
    })
  }

  return {
    list: () => records.ids.map((id) => seen(id, found(id), now())),
    get: (webhookId) => seen(webhookId, found(webhookId), now()),
    create,
    change,
    remove,
    rotate,
    test: async (webhookId) => test(webhookId, found(webhookId)),
    deliveries,
    redeliver,
  }
}

function assertMay({ scopes, permissions, reach }: Principal): void {
  if (!scopes.has('admin') || reach !== null)
    throw new Failure('forbidden', 'Webhooks need the scope admin, and a token that is not limited to some users.', {
      reason: 'scope_missing',
    })
  if (!permissions.has('manage-webhooks'))
    throw new Failure('forbidden', 'This needs the permission manage-webhooks.', { reason: 'permission_missing' })
}

/** What may be seen of it: everything but the secrets. */
function seen(id: string, { secrets, ...rest }: StoredWebhook, at: Instant): Webhook {
  const signing = secrets.filter(({ until }) => until === null || until > at)
  return { id, ...rest, secrets: signing.map(({ secret, until }) => ({ tail: secret.slice(-5), until })) }
}
