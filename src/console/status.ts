import type { Activity, Availability, Client, ShownPresence } from '../client/client.ts'
import { endOf, type Span } from './times.ts'

/** A status as somebody wants it. */
export interface Wanted {
  /** Null: as it stands. */
  readonly availability: Availability | null
  readonly activity: Activity | null
  readonly text: string
  readonly emoji: string
  readonly span: Span
  /** Of the span `time`: a local date and time. */
  readonly at: string
}

/** What is shown now, as a beginning for another. */
export function wantedOf(presence: ShownPresence | null): Wanted {
  const { availability = null, activity = null, note } = presence ?? {}
  return { availability, activity, text: note?.text ?? '', emoji: note?.emoji ?? '', span: 'never', at: '' }
}

/** Whether the wanted end has not passed. */
export function isAhead({ span, at }: Wanted): boolean {
  const until = endOf(span, Date.now(), at)
  return span === 'never' || (until !== null && until > Date.now())
}

/** Says it to the server: the availability first, then the note. Throws Failure. */
export async function applied(client: Client, user: string, wanted: Wanted): Promise<void> {
  const { availability, activity, text, emoji } = wanted
  const until = endOf(wanted.span, Date.now(), wanted.at)
  const ends = until === null ? {} : { until }
  if (availability === 'online') await client.setAvailability(user, 'online')
  else if (availability !== null)
    await client.setAvailability(user, availability, {
      ...ends,
      // Whoever is offline is at nothing.
      ...(activity !== null && availability !== 'offline' && { activity }),
    })
  const before = (await client.read(user)).note
  const isSame = before?.text === text.trim() && before.emoji === emoji && until === null
  if (isSame) return
  if (text.trim() !== '' || emoji !== '') await client.setNote(user, { text: text.trim(), emoji, ...ends })
  else if (before !== null) await client.withdrawNote(user)
}

/** As if nothing had been said. Throws Failure. */
export async function cleared(client: Client, user: string): Promise<void> {
  await client.withdrawAvailability(user)
  await client.withdrawNote(user)
}
