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

/** Answers to requests that made something, so that one that is sent again makes nothing twice. They outlive the process. */
export interface Repeats {
  /** What was kept under the id; null: nothing, or it was forgotten. */
  find(id: string): string | null
  /** Durable when it resolves. Throws Failure `unavailable`. */
  keep(id: string, owner: UserId, text: string): Promise<void>
}

interface Kept {
  readonly at: Instant
  readonly owner: UserId
  readonly text: string
}

const KIND = 'repeat'
/** Answers forgotten with each that is kept: more than come, so that what has ended goes. */
const FORGOTTEN_AT_ONCE_MAX = 8

export interface RepeatsParts {
  readonly keys: DirectoryKeys
  readonly now: () => Instant
}

export function createRepeats({ keys, now }: RepeatsParts): Repeats {
  /** By id, the oldest first. */
  const all = new Map<string, Kept & { readonly version: Version }>()
  const ofOwner = new Map<UserId, Set<string>>()
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

  return {
    find(id) {
      const kept = all.get(id)
      return kept === undefined || kept.at + REPEAT_MS <= now() ? null : kept.text
    },
    async keep(id, owner, text) {
      if (Buffer.byteLength(text) > REPEAT_BYTES_MAX) return
      await keys.change(() => {
        const value = Buffer.from(JSON.stringify({ at: now(), owner, text } satisfies Kept))
        const forgotten = endings(owner).filter(({ key }) => key !== `${KIND}/${id}`)
        return { writes: [{ key: `${KIND}/${id}`, value, expects: all.get(id)?.version ?? 0 }, ...forgotten], answer: undefined }
      })
    },
  }
}
