import type { Client } from '../client/client.ts'

/** Where a group is. */
export const groupPath = (groupId: string): string => `/v1/groups/${encodeURIComponent(groupId)}`

const PAGE_MEMBERS = 1_000

/** The ids of all who are in a group now. Throws Failure. */
export async function membersOf(client: Client, groupId: string): Promise<ReadonlySet<string>> {
  const ids = new Set<string>()
  let cursor: string | null = null
  do {
    const query: URLSearchParams = new URLSearchParams({ limit: String(PAGE_MEMBERS), ...(cursor !== null && { cursor }) })
    const page: { presences: { userId: string }[]; cursor: string | null } = await client.call(
      'GET',
      `${groupPath(groupId)}/members?${query}`,
    )
    for (const { userId } of page.presences) ids.add(userId)
    cursor = page.cursor
  } while (cursor !== null)
  return ids
}
