import { AVAILABILITIES, type Seen, seenOf } from './frames.ts'
import { DIGITS, tokenOf } from './people.ts'

/** What one client was told last of each user. */
export interface Mirror {
  /** Answers what was held before. */
  put(user: number, seen: Seen, bytes: Buffer, at: number, end: number): Seen
  /** It is to hold these, whoever was told of before. */
  expect(users: readonly number[]): void
  wrong(truth: Truth): number
}

/** What GET answers: as frames are read, and as text. */
export interface Truth {
  readonly seen: readonly Seen[]
  readonly texts: readonly string[]
}

/** One mirror in so many keeps and compares whole texts. */
const WHOLE_EVERY = 97
const BEFORE = '{"type":"presence","presence":'.length

/** `users`: of how many, where it is of everyone; null: of some. */
export function createMirror(users: number | null, self: number): Mirror {
  const all = users === null ? null : new Int32Array(users)
  const some = users === null ? new Map<number, Seen>() : null
  const texts = self % WHOLE_EVERY === 0 ? new Map<number, string>() : null

  return {
    put(user, seen, bytes, at, end) {
      texts?.set(user, bytes.toString('utf8', at + BEFORE, end - 1))
      if (all !== null) {
        const before = all[user] ?? 0
        all[user] = seen
        return before
      }
      const before = some?.get(user) ?? 0
      some?.set(user, seen)
      return before
    },
    expect(numbers) {
      for (const number of numbers) if (some?.has(number) === false) some.set(number, 0)
    },
    wrong({ seen, texts: whole }) {
      let wrong = 0
      const compare = (held: Seen, user: number): void => {
        const text = texts?.get(user)
        if (held !== seen[user] || (text !== undefined && user !== self && text !== whole[user])) wrong++
      }
      all?.forEach(compare)
      some?.forEach(compare)
      return wrong
    },
  }
}

/** Asks the server for everyone. */
export async function readTruth(url: string, users: number): Promise<Truth> {
  const answer = await fetch(`${url}/v1/presence`, { headers: { Authorization: `Bearer ${tokenOf(0)}` } })
  const { presences } = (await answer.json()) as { presences: readonly Told[] }
  const seen: Seen[] = Array.from({ length: users }, () => -1)
  const texts: string[] = []
  for (const presence of presences) {
    const user = Number(presence.userId.slice(1, 1 + DIGITS))
    const availability = AVAILABILITIES.indexOf(presence.availability)
    seen[user] = seenOf(availability, Number(presence.note?.text ?? 0))
    texts[user] = JSON.stringify(presence)
  }
  return { seen, texts }
}

interface Told {
  readonly userId: string
  readonly availability: (typeof AVAILABILITIES)[number]
  readonly note?: { readonly text: string }
}
