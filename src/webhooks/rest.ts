import { setTimeout as wait } from 'node:timers/promises'

/** How a courier waits: until a time, until it is woken, or until it is stopped, after which it waits for nothing. */
export interface Rest {
  for(ms: number): Promise<void>
  /** True: it was woken, now or since it waited last; false: the time is over. */
  untilWoken(ms: number): Promise<boolean>
  wake(): void
  stop(): void
  readonly stopped: boolean
  readonly signal: AbortSignal
}

export function createRest(): Rest {
  const ending = new AbortController()
  const { signal } = ending
  let isWoken = false
  let interrupt: (() => void) | null = null

  const pause = (ms: number, until: AbortSignal): Promise<void> => wait(ms, undefined, { signal: until }).catch(() => {})

  return {
    for: (ms) => pause(ms, signal),
    async untilWoken(ms) {
      if (!isWoken) {
        const waking = new AbortController()
        interrupt = () => waking.abort()
        await pause(ms, AbortSignal.any([signal, waking.signal]))
        interrupt = null
      }
      const woken = isWoken
      isWoken = false
      return woken || signal.aborted
    },
    wake() {
      isWoken = true
      interrupt?.()
    },
    stop: () => ending.abort(),
    get stopped() {
      return signal.aborted
    },
    signal,
  }
}
