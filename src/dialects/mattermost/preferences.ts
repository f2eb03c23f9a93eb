import type { Administration, Preference } from '../../core/service.ts'

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
