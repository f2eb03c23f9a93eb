import type { Append, Version, Write } from '../core/ports.ts'
import type { UserId } from '../core/vocabulary.ts'
import { BATCH_MAX } from './limits.ts'
import type { Replica } from './replica.ts'

/** Every commit that changes who a user is writes this key too: names are given and administrators go one after another. */
export const ACCOUNTS_KEY = 'accounts'

/** What the changes of one commit have said so far. */
export interface Draft {
  /** The next number of each space that counts. */
  readonly next: Map<string, number>
  /** Words given to users in this very commit. */
  isSpoken(word: string): boolean
}

/** One change of a user. `words` and the keys written may meet those of no other change in the same commit. */
export interface AccountPlan<Answer> {
  readonly words: readonly string[]
  readonly writes: readonly Write[]
  /** For the archive. */
  readonly appends?: readonly Append[]
  readonly answer: Answer
}

export interface Accounts {
  put(value: Uint8Array | null, version: Version): void
  /** Version of the last commit that removed a user; 0: none did. */
  readonly lastRemoval: Version
  /** Throws what `plan` throws, and Failure `unavailable`. */
  change<Answer>(plan: (draft: Draft) => AccountPlan<Answer>): Promise<Answer>
}

/** What is kept under the key. A commit cannot name its own version, so the next one does. */
interface Kept {
  readonly next: Readonly<Record<string, number>>
  readonly lastRemoval?: Version
  readonly removing?: boolean
}

const encode = (kept: Kept): Buffer => Buffer.from(JSON.stringify(kept))

const isRemoval = ({ key, value }: Write): boolean => value === null && key.startsWith(USER_PREFIX)

interface Waiting {
  readonly plan: (draft: Draft) => { readonly plan: AccountPlan<unknown>; readonly settle: () => void }
  readonly reject: (error: unknown) => void
}

/** Changes of users, in order; those that wait while a commit is on its way go together as the next. */
export function createAccounts({ replica }: { readonly replica: Replica }): Accounts {
  const queue: Waiting[] = []
  let kept: Kept = { next: {} }
  let version: Version = 0
  let lastRemoval: Version = 0
  let running = false

  /** Takes from the head of the queue as long as the changes have nothing to do with one another. */
  function draft(): {
    writes: Write[]
    appends: Append[]
    settled: { readonly settle: () => void; readonly reject: (error: unknown) => void }[]
  } {
    const spoken = new Set<string>()
    const numbers = new Map(Object.entries(kept.next))
    const writes: Write[] = []
    const appends: Append[] = []
    const keys = new Set<string>()
    const settled = []
    for (const { plan, reject } of queue.slice(0, BATCH_MAX)) {
      const before = new Map(numbers)
      try {
        const made = plan({ next: numbers, isSpoken: (word) => spoken.has(word) })
        const meets = made.plan.words.some((word) => spoken.has(word)) || made.plan.writes.some(({ key }) => keys.has(key))
        if (meets) {
          for (const [space, number] of before) numbers.set(space, number)
          break
        }
        for (const word of made.plan.words) spoken.add(word)
        for (const write of made.plan.writes) {
          keys.add(write.key)
          writes.push(write)
        }
        appends.push(...(made.plan.appends ?? []))
        settled.push({ settle: made.settle, reject })
      } catch (error) {
        settled.push({ settle: () => reject(error), reject })
      }
    }
    const guard = {
      key: ACCOUNTS_KEY,
      value: encode({ ...kept, next: Object.fromEntries(numbers), lastRemoval, removing: writes.some(isRemoval) }),
      expects: version,
    }
    return { writes: writes.length === 0 ? [] : [guard, ...writes], appends, settled }
  }

  async function run(): Promise<void> {
    if (running) return
    running = true
    while (queue.length > 0) {
      let settled: ReturnType<typeof draft>['settled'] = []
      try {
        await replica.change(() => {
          const drafted = draft()
          settled = drafted.settled
          return { writes: drafted.writes, appends: drafted.appends, answer: null }
        })
        queue.splice(0, settled.length)
        for (const { settle } of settled) settle()
      } catch (error) {
        queue.splice(0, settled.length)
        for (const { reject } of settled) reject(error)
      }
    }
    running = false
  }

  return {
    put(value, at) {
      version = value === null ? 0 : at
      if (value === null) return
      kept = JSON.parse(Buffer.from(value).toString())
      lastRemoval = kept.removing === true ? at : (kept.lastRemoval ?? 0)
    },
    get lastRemoval() {
      return lastRemoval
    },
    change<Answer>(plan: (draft: Draft) => AccountPlan<Answer>): Promise<Answer> {
      const { promise, resolve, reject } = Promise.withResolvers<Answer>()
      const planned = (draftNow: Draft) => {
        const made = plan(draftNow)
        return { plan: made, settle: () => resolve(made.answer) }
      }
      queue.push({ plan: planned, reject })
      queueMicrotask(() => void run())
      return promise
    },
  }
}

/** The key of a user's record. */
export const userKey = (userId: UserId): string => USER_PREFIX + userId

const USER_PREFIX = 'user/'
