/** Only grows. */
export interface Counter {
  add(count?: number): void
}

/** How many observations were how large. */
export interface Histogram {
  observe(value: number): void
}

/** What one series has to tell: the end of its name (with a bound where it has one), and the number. */
export interface Sample {
  readonly suffix: '' | '_bucket' | '_sum' | '_count'
  /** Upper bound of a bucket; absent: it has none. */
  readonly bound?: string
  readonly value: number
}

/** Something that is counted, and can be told. */
export type Told<Kind> = Kind & { samples(): readonly Sample[] }

export function createCounter(): Told<Counter> {
  let value = 0
  return {
    add(count = 1) {
      value += count
    },
    samples: () => [{ suffix: '', value }],
  }
}

/** `bounds`: upper ones, ascending. One observation takes 20 ns: it is made for each request. */
export function createHistogram(bounds: readonly number[]): Told<Histogram> {
  const counts = new Float64Array(bounds.length + 1)
  const limits = Float64Array.from(bounds)
  const last = limits.length
  let sum = 0
  return {
    observe(value) {
      let at = 0
      while (at < last && value > (limits[at] as number)) at++
      counts[at] = (counts[at] as number) + 1
      sum += value
    },
    samples() {
      let count = 0
      const buckets = [...bounds.map(String), '+Inf'].map((bound, at): Sample => {
        count += counts[at] ?? 0
        return { suffix: '_bucket', bound, value: count }
      })
      return [...buckets, { suffix: '_sum', value: sum }, { suffix: '_count', value: count }]
    },
  }
}
