import { Failure } from '../core/errors.ts'
import type { DirectoryKeys } from '../core/keys.ts'
import type { Version, Write } from '../core/ports.ts'
import type { Instant, UserId } from '../core/vocabulary.ts'

/** How long an answer is kept for a request that is sent again, in ms. */
export const REPEAT_MS = 86_400_000
/** Answers kept in all, and of one user; the oldest are forgotten. */
export const REPEATS_MAX = 10_000
export const REPEATS_OF_USER_MAX = 100
/** Bytes of one answer; a longer one is not kept. */
export const REPEAT_BYTES_MAX = 16_384

/** How long a request is believed to be still answered by a node that says no more, in ms. */
export const REPEAT_RUNNING_MS = 60_000

/** Answers to requests that made something, so that one that is sent again makes nothing twice. They outlive the process. */
export interface Repeats {
  /**
   * What was kept under the id; null: nothing, or it was forgotten, and the request is the caller's to answer until `keep` or
   * `release`, here and on every node. Throws Failure `conflict` still_running, `unavailable`.
   */
  claim(id: string, owner: UserId): Promise<string | null>
  /** Durable when it resolves. Throws Failure `unavailable`. */
  keep(id: string, owner: UserId, text: string): Promise<void>
  /** The request was not answered in a way that is kept. */
  release(id: string): Promise<void>
}

interface Kept {
  readonly at: Instant
  readonly owner: UserId
  /** Empty: it is still being answered. */
  readonly text: string
}

/** How long a request that is sent again while the first is being answered had better wait, in ms. */
const STILL_RUNNING_MS = 1_000
const KIND = 'repeat'
/** Answers forgotten with each that is kept: more than come, so that what has ended goes. */
const FORGOTTEN_AT_ONCE_MAX = 8

export interface RepeatsParts {
  readonly keys: DirectoryKeys
  readonly now: () => Instant
  /** Others serve the same store: what is being answered is told to them, at the cost of a commit. */
  readonly shared: boolean
}

export function createRepeats({ keys, now, shared }: RepeatsParts): Repeats {
  /** By id, the oldest first. */
  const all = new Map<string, Kept & { readonly version: Version }>()
  const ofOwner = new Map<UserId, Set<string>>()
  /** What is being answered here. */
  const running = new Set<string>()
  let inOrder = true

  function forget(id: string): void {
    const owner = all.get(id)?.owner
    if (owner === undefined) return
    all.delete(id)
    const ids = ofOwner.get(owner)
    ids?.delete(id)
    if (ids?.size === 0) ofOwner.delete(owner)
  }

  keys.hold(KIND, (id, value, version, told) => {
    forget(id)
    if (value === null) return
    const kept: Kept = JSON.parse(Buffer.from(value).toString())
    all.set(id, { ...kept, version })
    const ids = ofOwner.get(kept.owner)
    if (ids === undefined) ofOwner.set(kept.owner, new Set([id]))
    else ids.add(id)
    inOrder &&= told
  })

  /** While loading, answers come in no order. */
  function sort(): void {
    if (inOrder) return
    inOrder = true
    const sorted = [...all].sort(([, one], [, other]) => one.at - other.at)
    all.clear()
    for (const [id, kept] of sorted) all.set(id, kept)
  }

  function* outlived(owner: UserId): Generator<string> {
    sort()
    const [eldest] = ofOwner.get(owner) ?? []
    if (eldest !== undefined && (ofOwner.get(owner)?.size ?? 0) >= REPEATS_OF_USER_MAX) yield eldest
    let excess = all.size + 1 - REPEATS_MAX
    for (const [id, { at }] of all) {
      if (excess <= 0 && at + REPEAT_MS > now()) return
      excess--
      yield id
    }
  }

  function endings(owner: UserId): Write[] {
    const ids = new Set<string>()
    for (const id of outlived(owner)) if (ids.add(id).size >= FORGOTTEN_AT_ONCE_MAX) break
    return [...ids].map((id) => ({ key: `${KIND}/${id}`, value: null, expects: all.get(id)?.version ?? 0 }))
  }

  /** Throws Failure `conflict` still_running. */
  function find(id: string): string | null {
    const { text, at } = all.get(id) ?? { text: '', at: Number.NEGATIVE_INFINITY }
    if (text !== '') return at + REPEAT_MS > now() ? text : null
    if (at + REPEAT_RUNNING_MS > now()) throw stillRunning()
    return null
  }

  const written = (id: string, owner: UserId, text: string): Write => {
    const value = Buffer.from(JSON.stringify({ at: now(), owner, text } satisfies Kept))
    return { key: `${KIND}/${id}`, value, expects: all.get(id)?.version ?? 0 }
  }

  /** Whoever was faster on another node has it. */
  const claimForAll = (id: string, owner: UserId): Promise<string | null> =>
    keys.change(() => {
      const kept = find(id)
      return { writes: kept === null ? [written(id, owner, '')] : [], answer: kept }
    })

  async function release(id: string): Promise<void> {
    running.delete(id)
    if (all.get(id)?.text !== '') return
    await keys.change(() => {
      const claimed = all.get(id)
      const writes = claimed?.text === '' ? [{ key: `${KIND}/${id}`, value: null, expects: claimed.version }] : []
      return { writes, answer: undefined }
    })
  }

  return {
    async claim(id, owner) {
      if (running.has(id)) throw stillRunning()
      const known = find(id)
      if (known !== null) return known
      running.add(id)
      try {
        const kept = shared ? await claimForAll(id, owner) : null
        if (kept !== null) running.delete(id)
        return kept
      } catch (error) {
        running.delete(id)
        throw error
      }
    },
    async keep(id, owner, text) {
      if (Buffer.byteLength(text) > REPEAT_BYTES_MAX) return release(id)
      try {
        await keys.change(() => {
          const forgotten = endings(owner).filter(({ key }) => key !== `${KIND}/${id}`)
          return { writes: [written(id, owner, text), ...forgotten], answer: undefined }
        })
      } finally {
        running.delete(id)
      }
    },
    release,
  }
}

const stillRunning = (): Failure =>
  new Failure(
    'conflict',
    'The first request with this Idempotency-Key is still being answered. Wait for its answer, or ask again.',
    {
      reason: 'still_running',
      field: 'Idempotency-Key',
      retryAfterMs: STILL_RUNNING_MS,
    },
  )
