import type { Availability, ShownPresence } from '../client/client.ts'
import type { Emoji } from './emoji.ts'
import { nameOf, type User } from './people.ts'
import { presenceWords, t, timeWords } from './words.ts'

/** A shape for each availability, so that nobody has to tell colours apart: in a square of 16, filled by the even-odd rule. */
const SHAPES: Record<Availability, string> = {
  online: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1z',
  away: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1zM7 4h2v3.600l2.5 2.5-1.4 1.400L7 8.400z',
  busy: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1zM8 5.500a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5z',
  dnd: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1zM4 7h8v2H4z',
  offline: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1zM8 3a5 5 0 1 1 0 10A5 5 0 0 1 8 3z',
}

/** The sign of an availability; whoever does not see it reads the words beside it. */
export function Dot({ availability }: { readonly availability: Availability | null }) {
  return (
    <svg class={`dot ${availability ?? 'unknown'}`} viewBox="0 0 16 16" aria-hidden="true">
      <path fill-rule="evenodd" d={availability === null ? 'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6z' : SHAPES[availability]} />
    </svg>
  )
}

const TINTS = 6

/** A face made of the first letters of a name, with the sign of its presence. */
export function Face({ user, presence, large }: FaceParts) {
  const letters = nameOf(user)
    .split(/[\s._-]+/)
    .filter(Boolean)
  const initials = [letters[0], letters.length > 1 ? letters.at(-1) : ''].map((word) => Array.from(word ?? '')[0] ?? '').join('')
  const tint = Array.from(user.id).reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0) % TINTS
  return (
    <span class={`face tint${tint}${large ? ' large' : ''}`} aria-hidden="true">
      {initials.toUpperCase()}
      <Dot availability={presence?.availability ?? null} />
    </span>
  )
}

interface FaceParts {
  readonly user: User
  readonly presence: ShownPresence | null
  readonly large?: boolean
}

/** The availability in words, and until when. */
export function Words({ presence }: { readonly presence: ShownPresence | null }) {
  return (
    <span class={`words ${presence?.availability ?? 'unknown'}`}>
      {presenceWords(presence)}
      {presence?.until != null && <span class="soft"> {t('until', { time: timeWords(presence.until) })}</span>}
    </span>
  )
}

interface NoteParts {
  readonly note: ShownPresence['note']
  readonly emoji: Emoji
}

/** A note with its emoji as a character; as its name where that is not known. */
export function NoteWords({ note, emoji }: NoteParts) {
  if (note === null) return null
  return (
    <span class="note">
      {note.emoji !== '' && <span class="emoji">{emoji.characterOf(note.emoji) ?? `:${note.emoji}:`} </span>}
      {note.text}
    </span>
  )
}
