import type { Registry } from './registry.ts'

/** A request that took longer, in ms, counts as slow. */
export const SLOW_MS = 1_000

/** Upper bounds in seconds, of requests and of commits. */
export const SECONDS = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]

/** Counts the calls of one route. What it is called with is counted at once, by series that are found beforehand. */
export interface CallsOfRoute {
  answered(status: number, ms: number): void
  /** `reason` is one of the closed list of failures, or `bug`. */
  refused(reason: string): void
}

const CLASSES = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const

/** Answers what counts the calls of a route. */
export function countCalls(
  registry: Registry,
  onSlow: (dialect: string, route: string, ms: number) => void,
): (dialect: string, method: string, route: string) => CallsOfRoute {
  const requests = registry.counter('rollcall_http_requests_total', 'Requests answered, by class of status.')
  const seconds = registry.histogram(
    'rollcall_http_request_duration_seconds',
    'Time until an answer was made; of streams, until it began.',
    SECONDS,
  )
  const slow = registry.counter('rollcall_http_slow_requests_total', `Requests that took longer than ${SLOW_MS / 1000} s.`)
  const refusals = registry.counter('rollcall_refusals_total', 'Requests refused, by reason.')

  return (dialect, method, route) => {
    const labels = { dialect, method, route }
    // Found when first needed: a route that nobody calls has no series.
    const byClass = CLASSES.map((status) => once(() => requests({ ...labels, status })))
    const duration = once(() => seconds(labels))
    return {
      answered(status, ms) {
        byClass[Math.trunc(status / 100) - 1]?.().add()
        duration().observe(ms / 1_000)
        if (ms <= SLOW_MS) return
        slow({ dialect }).add()
        onSlow(dialect, `${method} ${route}`, ms)
      },
      refused: (reason) => refusals({ dialect, reason }).add(),
    }
  }
}

function once<Made>(make: () => Made): () => Made {
  let made: Made | null = null
  return () => (made ??= make())
}
