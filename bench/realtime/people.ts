import { DEFAULT_POLICY } from '../../src/core/policy.ts'
import { factsPartition, type Ledger, type Write } from '../../src/core/ports.ts'
import { emptyRecord } from '../../src/core/record.ts'
import { transition } from '../../src/core/transition.ts'
import type { Instant } from '../../src/core/vocabulary.ts'
import { encodeRecord } from '../../src/engine/codec.ts'
import { openLedger } from '../../src/ledgers/open.ts'
import { storedLogin, storedUser } from '../stored.ts'

/** Writes of one commit while a store is made. */
const COMMIT_WRITES = 2_000

export const DIGITS = 7
const TAIL = 'ybndrfg8ejkmcpqxot'

/** 26 characters, as ids of users are, with the number at a place where a reader of millions of frames finds it. */
export const userId = (number: number): string => `u${String(number).padStart(DIGITS, '0')}${TAIL}`

export const tokenOf = (number: number): string => `token-of-user-${number}-`.padEnd(43, 'x')

export interface Crew {
  readonly users: number
  /** Of the first users; when there are more, they have several. */
  readonly tokens: number
  /** All of them but the last 1,000 are busy until then. */
  readonly busyUntil?: Instant
}

/** Makes a store with so many users, as the server would have written it. */
export async function makeStore(store: string, { users, tokens, busyUntil }: Crew): Promise<void> {
  const ledger = await openLedger(store)
  const now = ledger.now()
  const people = Array.from({ length: users }, (_, number) => ({
    key: `user/${userId(number)}`,
    value: storedUser({ id: userId(number), number, createdAt: now }),
    expects: 0,
  }))
  const keys = Array.from({ length: tokens }, (_, number) => storedLogin(tokenOf(number), userId(number % users), now, now))
  await write(ledger, 'directory', [...people, ...keys])
  if (busyUntil !== undefined) await writeClaims(ledger, users, busyUntil)
  await ledger.close()
}

async function writeClaims(ledger: Ledger, users: number, until: Instant): Promise<void> {
  const byPartition = new Map<string, Write[]>()
  const deed = { via: 'native', by: 'bench', self: false }
  const event = { type: 'availability_set', availability: 'busy', activity: null, until, fades: false, alike: null } as const
  for (let number = 0; number < users; number++) {
    const record = transition(emptyRecord(ledger.now()), event, deed, ledger.now(), DEFAULT_POLICY)
    const partition = factsPartition(userId(number), ledger.factsPartitions)
    const writes = byPartition.get(partition) ?? []
    writes.push({ key: userId(number), value: encodeRecord(record), expects: 0 })
    byPartition.set(partition, writes)
  }
  for (const [partition, writes] of byPartition) await write(ledger, partition, writes)
}

async function write(ledger: Ledger, partition: string, writes: readonly Write[]): Promise<void> {
  for (let from = 0; from < writes.length; from += COMMIT_WRITES) {
    const answer = await ledger.commit(partition, writes.slice(from, from + COMMIT_WRITES))
    if (!answer.committed) throw new Error('the store was not empty')
  }
}
