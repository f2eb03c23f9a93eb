import type { FarGroups } from '../client/groups.ts'

/** The ids of all who are in a group now. Throws Failure. */
export async function membersOf(groups: FarGroups, groupId: string): Promise<ReadonlySet<string>> {
  const ids = new Set<string>()
  for await (const { userId } of groups.members(groupId)) ids.add(userId)
  return ids
}
