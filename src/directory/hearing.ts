import type { Ledger } from '../core/ports.ts'
import { PARTITION } from './replica.ts'

/**
 * Asks the ledger whether all that others committed to the directory is known here; answers null where nobody else commits. Whoever
 * asks while an answer is awaited waits for the next one, together: what came before them might not be in this one.
 */
export function createHearing({ caughtUp }: Ledger): () => Promise<void> | null {
  if (caughtUp === undefined) return () => null
  let asked: Promise<void> | null = null
  let next: Promise<void> | null = null
  const ask = (): Promise<void> => {
    next = null
    const asking = caughtUp(PARTITION).finally(() => {
      if (asked === asking) asked = null
    })
    asked = asking
    return asking
  }
  return () => {
    if (asked === null) return ask()
    next ??= asked.then(ask, ask)
    return next
  }
}
