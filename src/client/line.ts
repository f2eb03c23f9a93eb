import type { Failure } from '../core/errors.ts'
import type { Mirror, Wanted } from './mirror.ts'

/** How what is watched stands: nothing is wanted; being connected; told live; cut, and coming back by itself; over for good. */
export type LineState = 'idle' | 'connecting' | 'live' | 'waiting' | 'ended'

/** What keeps the mirror in step: it connects when something is wanted, and comes back after every cut. */
export interface Line {
  /** Something else is wanted now. */
  changed(): void
  /** The network is there again: whoever waits tries at once. */
  hurry(): void
  close(): void
}

export interface LineParts {
  readonly url: string
  readonly token: string
  readonly mirror: Mirror
  readonly wanted: () => Wanted
  /** The failure says why it ended. */
  state(state: LineState, failure?: Failure): void
  /** One thing that was asked for is refused; the line goes on. */
  refused(failure: Failure): void
}

export const isNothing = ({ everyone, words }: Wanted): boolean => !everyone && words.size === 0

/** Calls once for any number of changes of one turn. */
export function gathered(call: () => void): () => void {
  let scheduled = false
  return () => {
    if (scheduled) return
    scheduled = true
    queueMicrotask(() => {
      scheduled = false
      call()
    })
  }
}
