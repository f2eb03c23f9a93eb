/** What the server counts, as it stands at one instant. */
export interface Counted {
  readonly at: number
  /** Changes of presence that were told, since the server started. */
  readonly told: number
  readonly connections: number
  readonly sessions: number
  readonly requests: number
  /** How many changes took at most so many seconds to be sent. */
  readonly lags: ReadonlyMap<number, number>
}

/** Reads the Prometheus text of `/metrics`; what is not in it is 0. */
export function countedIn(text: string, at: number): Counted {
  const sums = new Map<string, number>()
  const lags = new Map<number, number>()
  for (const line of text.split('\n')) {
    const [, name = '', labels = '', value = ''] = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
    if (name === '') continue
    sums.set(name, (sums.get(name) ?? 0) + Number(value))
    const bound = /\ble="([^"]+)"/.exec(labels)?.[1]
    if (name === 'rollcall_told_lag_seconds_bucket' && bound !== undefined)
      lags.set(bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound), Number(value))
  }
  const sum = (name: string): number => sums.get(`rollcall_${name}`) ?? 0
  return {
    at,
    told: sum('told_changes_total'),
    connections: sum('connections'),
    sessions: sum('sessions'),
    requests: sum('http_requests_total'),
    lags,
  }
}

/** How many a second between two readings. A server that started anew counts from nothing. */
export function perSecond(before: Counted, now: Counted, of: 'told' | 'requests'): number {
  return Math.max(0, now[of] - before[of]) / Math.max(0.001, (now.at - before.at) / 1_000)
}

/** The bound in ms under which 99 of 100 were sent since the server started; null: nothing was. */
export function lagOf({ lags }: Counted): number | null {
  const all = lags.get(Number.POSITIVE_INFINITY) ?? 0
  if (all === 0) return null
  const bounds = [...lags].toSorted(([one], [other]) => one - other)
  const [seconds] = bounds.find(([, count]) => count >= all * 0.99) ?? [Number.POSITIVE_INFINITY]
  return seconds * 1_000
}
