import { hash } from 'node:crypto'
import type { Instant, Presence, UserId } from '../core/vocabulary.ts'

export interface Message {
  readonly id: string
  /** JSON. */
  readonly body: string
}

export interface MessageParts {
  readonly webhookId: string
  /** When it is made; told only where nothing in it has an instant of its own. */
  readonly at: Instant
  readonly presences: readonly Presence[]
  readonly removed: readonly UserId[]
  /** It tells of everyone anew, and not of what changed. */
  readonly full: boolean
  /** The native shape of a presence. */
  readonly shapeOf: (presence: Presence) => object
}

/**
 * What changed, as it is told. Its id, and that of each presence in it, is made from what is told, to whom: the same change
 * has the same id in a retry and after a restart, another change another one.
 */
export function changedMessage({ webhookId, at, presences, removed, full, shapeOf }: MessageParts): Message {
  const told = presences.map((presence) => {
    const shape = shapeOf(presence)
    const eventId = idOf('evt', [webhookId, presence.userId, presence.changedAt, shape])
    return { eventId, ...shape }
  })
  const id = idOf('msg', [webhookId, full, told.map(({ eventId }) => eventId), removed])
  const changedAt = Math.max(...presences.map((presence) => presence.changedAt))
  const instant = presences.length === 0 ? at : changedAt
  return { id, body: JSON.stringify({ ...envelope(id, 'presence.changed', instant, webhookId), presences: told, removed, full }) }
}

/** A message that tells of nobody, to see whether it arrives. */
export function testMessage(webhookId: string, at: Instant, chance: string): Message {
  const id = idOf('msg', [webhookId, 'test', chance])
  return { id, body: JSON.stringify(envelope(id, 'webhook.test', at, webhookId)) }
}

const envelope = (id: string, type: string, at: Instant, webhookId: string) => ({
  id,
  type,
  at: new Date(at).toISOString(),
  webhookId,
})

/** 132 bits of a digest of what it stands for. */
const idOf = (kind: string, of: readonly unknown[]): string =>
  `${kind}_${hash('sha256', JSON.stringify(of), 'base64url').slice(0, 22)}`
