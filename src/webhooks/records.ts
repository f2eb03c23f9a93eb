import type { DirectoryKeys } from '../core/keys.ts'
import type { Version, Write } from '../core/ports.ts'
import type { Instant } from '../core/vocabulary.ts'
import type { DeadLetter, Webhook, WebhookWords } from '../core/webhooks.ts'

export interface StoredWebhook extends WebhookWords {
  readonly createdAt: Instant
  readonly updatedAt: Instant
  readonly disabled: Webhook['disabled']
  /** The one that is shown to nobody any more first signs last. */
  readonly secrets: readonly StoredSecret[]
}

export interface StoredSecret {
  readonly secret: string
  /** When it stops signing; null: it does not. */
  readonly until: Instant | null
}

/** How far a webhook has come. */
export interface StoredProgress {
  /** Everything up to here was told, or is among the dead letters. */
  readonly cursor: string
  readonly failingSince: Instant | null
}

/** What is kept of webhooks, in memory as in the ledger: their words, their progress and their dead letters, each under a key. */
export interface Records {
  readonly ids: readonly string[]
  readonly webhook: Record<StoredWebhook>
  readonly progress: Record<StoredProgress>
  readonly dead: Record<readonly DeadLetter[]>
}

interface Record<Value> {
  get(webhookId: string): Value | null
  /** The write that replaces what is in memory now; null deletes it. */
  write(webhookId: string, value: Value | null): Write
}

const KIND = 'webhook'

/** `onChange` is told after each commit, not while loading, which webhook's words or dead letters it was. */
export function createRecords(keys: DirectoryKeys, onChange: (webhookId: string, changed: 'words' | 'rest') => void): Records {
  const held = new Map<string, { readonly value: unknown; readonly version: Version }>()
  keys.hold(KIND, (name, value, version, told) => {
    if (value === null) held.delete(name)
    else held.set(name, { value: JSON.parse(Buffer.from(value).toString()), version })
    const [webhookId = '', part] = name.split('/')
    if (told) onChange(webhookId, part === undefined ? 'words' : 'rest')
  })

  function record<Value>(suffix: string): Record<Value> {
    return {
      get: (webhookId) => (held.get(webhookId + suffix)?.value ?? null) as Value | null,
      write: (webhookId, value) => ({
        key: `${KIND}/${webhookId}${suffix}`,
        value: value === null ? null : Buffer.from(JSON.stringify(value)),
        expects: held.get(webhookId + suffix)?.version ?? 0,
      }),
    }
  }

  return {
    get ids() {
      return [...held.keys()].filter((name) => !name.includes('/'))
    },
    webhook: record(''),
    progress: record('/progress'),
    dead: record('/dead'),
  }
}
