import type { Write } from '../core/ports.ts'
import type { DeadLetter } from '../core/webhooks.ts'
import type { CourierParts } from './courier.ts'
import type { StoredProgress } from './records.ts'

/** How far one webhook has come, as the ledger keeps it. What cannot be written now is written with what comes next. */
export interface Progress {
  readonly cursor: string
  /** Everything up to here was told, or given up. */
  reached(cursor: string): Promise<void>
  failed(): Promise<void>
  /** A message was taken; `letter`: it was this dead one. */
  taken(letter: DeadLetter | null): Promise<void>
  /** There is nothing to tell any more of a dead letter's users. */
  settled(letter: DeadLetter): Promise<void>
  /** `again`: the dead letter that it was. A webhook that failed for too long, or whose receiver `wantsNoMore`, is switched off. */
  givenUp(letter: DeadLetter, again: DeadLetter | null, wantsNoMore: boolean): Promise<void>
  /** Another node may have moved it. */
  reload(): void
}

export function createProgress({ webhookId, keys, records, limits, now, log }: CourierParts): Progress {
  const read = (): StoredProgress => records.progress.get(webhookId) ?? { cursor: '', failingSince: null }
  let progress = read()

  /** Writes of a webhook that is no more are left. */
  function commit(writes: () => readonly Write[]): Promise<void> {
    return keys.change(() => ({ writes: records.webhook.get(webhookId) === null ? [] : writes(), answer: undefined }))
  }

  async function move(change: Partial<StoredProgress>): Promise<void> {
    const moved = { ...progress, ...change }
    const kept = read()
    progress = moved
    if (moved.cursor === kept.cursor && moved.failingSince === kept.failingSince) return
    await commit(() => [records.progress.write(webhookId, moved)]).catch((error: unknown) => {
      log.warn({ webhookId, error }, 'How far a webhook has come could not be written; it may tell some things twice.')
    })
  }

  function bury(letters: (dead: readonly DeadLetter[]) => readonly DeadLetter[]): Promise<void> {
    return commit(() => [records.dead.write(webhookId, letters(records.dead.get(webhookId) ?? []))])
  }

  const without = (dead: readonly DeadLetter[], messageId: string | undefined): readonly DeadLetter[] =>
    dead.filter((letter) => letter.messageId !== messageId)

  const settled = (letter: DeadLetter): Promise<void> => bury((dead) => without(dead, letter.messageId))

  async function switchOff(why: string): Promise<void> {
    log.warn({ webhookId, why }, 'A webhook is switched off.')
    await commit(() => {
      const webhook = records.webhook.get(webhookId)
      return webhook === null
        ? []
        : [records.webhook.write(webhookId, { ...webhook, active: false, disabled: { at: now(), why } })]
    })
  }

  return {
    get cursor() {
      return progress.cursor
    },
    reached: (cursor) => move({ cursor }),
    failed: () => move({ failingSince: progress.failingSince ?? now() }),
    settled,
    async taken(letter) {
      if (progress.failingSince !== null) await move({ failingSince: null })
      if (letter !== null) await settled(letter)
    },
    async givenUp(letter, again, wantsNoMore) {
      const tries = letter.tries + (again?.tries ?? 0)
      await bury((dead) => {
        const others = without(without(dead, again?.messageId), letter.messageId)
        return [{ ...letter, tries }, ...others].slice(0, limits.deadMax)
      })
      const since = progress.failingSince ?? now()
      if (wantsNoMore) await switchOff(letter.why)
      else if (now() - since >= limits.failingMsMax)
        await switchOff(`Nothing was taken since ${new Date(since).toISOString()}. The last try: ${letter.why}`)
    },
    reload() {
      progress = read()
    },
  }
}
