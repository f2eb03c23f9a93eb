/** Groups under keys, of which nearly all have one member: that one costs no group. */
export interface Grouped<Key, Member extends object> {
  add(key: Key, member: Member): void
  remove(key: Key, member: Member): void
  of(key: Key): Iterable<Member>
  sizeOf(key: Key): number
  /** How many keys have a group. */
  readonly size: number
}

/** No member may be a Set. */
export function createGrouped<Key, Member extends object>(): Grouped<Key, Member> {
  const groups = new Map<Key, Member | Set<Member>>()
  return {
    add(key, member) {
      const group = groups.get(key)
      if (group === undefined || group === member) groups.set(key, member)
      else if (group instanceof Set) group.add(member)
      else groups.set(key, new Set([group, member]))
    },
    remove(key, member) {
      const group = groups.get(key)
      if (group === member) groups.delete(key)
      else if (group instanceof Set && group.delete(member) && group.size === 1) {
        const [last] = group
        if (last !== undefined) groups.set(key, last)
      }
    },
    of(key) {
      const group = groups.get(key)
      if (group === undefined) return NOBODY
      return group instanceof Set ? group : [group]
    },
    sizeOf(key) {
      const group = groups.get(key)
      if (group === undefined) return 0
      return group instanceof Set ? group.size : 1
    },
    get size() {
      return groups.size
    },
  }
}

const NOBODY: readonly never[] = []
