import { createHmac } from 'node:crypto'
import type { Instant } from '../core/vocabulary.ts'
import { SECRET_BYTES } from './limits.ts'

/** What tells libraries for Standard Webhooks that base64 follows. */
const PREFIX = 'whsec_'

/** `random`: cryptographically strong bytes. */
export function newSecret(random: (bytes: number) => Uint8Array): string {
  return PREFIX + Buffer.from(random(SECRET_BYTES)).toString('base64')
}

/** The headers by which a receiver knows who sent this, as Standard Webhooks has them: one signature for each secret. */
export function signed(id: string, at: Instant, body: string, secrets: readonly string[]): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(at / 1000))
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(PREFIX.length), 'base64')
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`
  })
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') }
}
