import type { Administration, Preference } from '../../core/accounts.ts'

/** Where the recent custom statuses are kept. */
export const RECENTS = { category: 'custom_status', name: 'recent_custom_statuses' } as const

/** A user's recent custom statuses, as JSON; null: none were ever kept. */
export async function recentsOf(administration: Administration, userId: string): Promise<string | null> {
  const preferences = await administration.preferences(userId)
  return preferences.find((preference) => isSame(preference, RECENTS))?.value ?? null
}

export function isSame(one: Pick<Preference, 'category' | 'name'>, other: Pick<Preference, 'category' | 'name'>): boolean {
  return one.category === other.category && one.name === other.name
}

/** Lets what is done for one user go one after the other: each reads what the one before has written. */
export function createTurns(): <T>(userId: string, work: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>()
  return async (userId, work) => {
    const turn = (last.get(userId) ?? Promise.resolve()).then(work, work)
    last.set(userId, turn)
    try {
      return await turn
    } finally {
      if (last.get(userId) === turn) last.delete(userId)
    }
  }
}
