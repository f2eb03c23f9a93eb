import { randomBytes } from 'node:crypto'
import type { Ledger } from '../../src/core/ports.ts'
import type { Principal } from '../../src/core/principal.ts'
import type { PresenceEvent } from '../../src/core/transition.ts'
import type { Presence, UserId } from '../../src/core/vocabulary.ts'
import { createDirectory } from '../../src/directory/directory.ts'
import { newId } from '../../src/directory/random.ts'
import { createEngine } from '../../src/engine/engine.ts'
import { createGroups } from '../../src/groups/groups.ts'
import { createMemoryLedger } from '../../src/ledgers/memory.ts'
import { logIn, SPACES } from '../directory/house.ts'

const ROOT = { username: 'root', password: 'root-password' }

export type Node = Awaited<ReturnType<typeof openNode>>

/** Directory, engine and groups on one ledger, as a server has them, and its administrator. */
export async function openNode(ledger: Ledger) {
  const log = {
    warn: () => {},
    error(details: object, message: string) {
      throw new Error(message, { cause: details })
    },
  }
  const memberships = () => groups.memberships
  const directory = createDirectory({ ledger, idSpaces: SPACES, random: randomBytes, log, memberships })
  const { subjects, settings, authentication, keys } = directory
  const engine = createEngine({ ledger, subjects, settings, onEnded: authentication.onEnded, log })
  const presence = engine.service
  const groups: ReturnType<typeof createGroups> = createGroups({
    ledger,
    keys,
    subjects,
    presence,
    log,
    newId: () => newId(randomBytes),
  })
  const replicaOf = (partition: string) => (partition === 'directory' ? directory : engine)
  const positions = await ledger.load((entry) => replicaOf(entry.partition).apply(entry))
  directory.loaded(positions)
  await engine.loaded(positions)
  const stop = ledger.follow(positions, {
    commit: (commit) => replicaOf(commit.partition).commit(commit),
    reload: () => {
      throw new Error('a gap')
    },
  })
  await groups.start()
  await directory.firstAdministrator(ROOT)
  const { principal: root } = await logIn(directory, ROOT.username, ROOT.password)
  const administration = directory.administration.as(root)

  return {
    ledger,
    directory,
    engine,
    groups,
    root,
    administration,
    /** Groups as the administrator has them. */
    own: groups.service.as(root),
    async join(...usernames: readonly string[]): Promise<UserId[]> {
      const made = await Promise.all(usernames.map((username) => administration.createUser({ username, id: username })))
      return made.map(({ id }) => id)
    },
    say: (userId: UserId, ...events: readonly PresenceEvent[]): Promise<Presence> =>
      presence.as(root, 'test').commands.change(userId, events),
    /** A token of the administrator's with these limits, as it comes in. */
    async limited(limits: { readonly users?: readonly string[]; readonly groups?: readonly string[] }): Promise<Principal> {
      const { token } = await administration.createToken({ kind: 'personal', name: 'limited', ...limits })
      const principal = authentication.byToken(token)
      if (principal === null) throw new Error('a token that is not accepted')
      return principal
    },
    async close(): Promise<void> {
      await groups.close()
      await engine.close()
      await directory.close()
      stop()
    },
  }
}

export const online: PresenceEvent = { type: 'online_declared', alike: null }

export const available = (availability: Presence['availability'], until: number | null = null): PresenceEvent => ({
  type: 'availability_set',
  availability,
  activity: null,
  until,
  fades: false,
  alike: null,
})

/** One node on a ledger in memory whose clock the test moves. */
export async function openClocked(start = 1_700_000_000_000) {
  let now = start
  const ledger = createMemoryLedger({ clock: () => now })
  const node = await openNode(ledger)
  return {
    ...node,
    pass(ms: number) {
      now += ms
    },
  }
}

/** How many, by what the members' presences say one by one. */
export function countsOf(presences: readonly Presence[]): Record<Presence['availability'], number> {
  const counts = { online: 0, away: 0, busy: 0, dnd: 0, offline: 0 }
  for (const { availability } of presences) counts[availability]++
  return counts
}

export async function until(condition: () => boolean): Promise<void> {
  for (const began = Date.now(); !condition(); await new Promise((resolve) => setTimeout(resolve, 5)))
    if (Date.now() - began > 5_000) throw new Error('it did not come to be')
}
