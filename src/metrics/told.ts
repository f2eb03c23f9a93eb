import { STRANGER } from '../core/principal.ts'
import type { PresenceService } from '../core/service.ts'
import type { Registry } from './registry.ts'

/** Sends what waits. */
interface Sending {
  soon(work: () => void): void
  next(work: () => void): void
}

/** Presences are gathered for 25 ms before they are sent. */
const LAG_SECONDS = [0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 1, 2.5, 10]

/** Counts what is told, and how long the sending of it takes. Answers how to stop. */
export function measureTold(registry: Registry, presence: PresenceService, fanout: Sending): () => void {
  const told = registry.counter('rollcall_told_changes_total', 'Changes of presence that were told, each once.')()
  const lag = registry.histogram(
    'rollcall_told_lag_seconds',
    'From a change until the last connection that waits for it was sent it: the slowest of a round.',
    LAG_SECONDS,
  )()
  let isTiming = false

  function time(): void {
    told.add()
    if (isTiming) return
    isTiming = true
    const began = performance.now()
    fanout.soon(() =>
      fanout.next(() => {
        isTiming = false
        lag.observe((performance.now() - began) / 1_000)
      }),
    )
  }

  const watch = presence.as(STRANGER, 'metrics').view.watch({ told: time, gone: time })
  watch.everyone(true)
  return watch.stop
}
