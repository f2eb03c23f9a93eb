import { setTimeout as wait } from 'node:timers/promises'
import { Failure } from '../core/errors.ts'
import type { Ledger } from '../core/ports.ts'
import type { Log } from '../core/service.ts'
import type { Ending } from './ending.ts'

/** How often a store that does not answer is asked again, in ms. */
const RETRY_MS = 1_000
/** How long what was served may take to close, in ms; what hangs then is left to a supervisor. */
const CLOSE_MS_MAX = 15_000

/** Serves from a ledger, the given one or one that it opens. Answers the ledger to serve from next; null: it was asked to end. */
export type Life = (given: Ledger | null) => Promise<Ledger | null>

/**
 * One after the other in one process: after a gap everything is loaded anew, on the same port. Whoever starts the first hears why it
 * cannot be; a later one whose store is away again, or takes nothing yet, is tried until it can.
 */
export async function liveOn(live: Life, ending: Ending): Promise<void> {
  for (let next = await live(null); next !== null; ) next = await liveLater(live, next, ending)
}

async function liveLater(live: Life, given: Ledger, ending: Ending): Promise<Ledger | null> {
  for (let next: Ledger | null = given; ; next = null) {
    try {
      return await live(next)
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'unavailable') throw error
      process.stderr.write(`rollcall: ${error.message}; it is tried again\n`)
    }
    await Promise.race([wait(RETRY_MS), ending.asked])
    if (ending.isAsked) return null
  }
}

/** Opens the ledger again, as soon as it can be; null: asked to end before. From there on the life has to close in time. */
export async function openAgain(open: () => Promise<Ledger>, ending: Ending, log: Log): Promise<Ledger | null> {
  for (;;) {
    const opened = await open().catch((err: unknown) => {
      log.warn({ err }, 'The store cannot be opened again yet.')
      return null
    })
    if (ending.isAsked) await opened?.close()
    if (ending.isAsked) return null
    if (opened !== null) return opened
    await Promise.race([wait(RETRY_MS), ending.asked])
  }
}

/** Ends the process unless it is called off: then nothing more can be hoped for. Answers how to call it off. */
export function closeInTime(): () => void {
  const timer = setTimeout(() => process.exit(1), CLOSE_MS_MAX)
  return () => clearTimeout(timer)
}
