import type { Running } from './servers.ts'
import { drive, type Figures, type Load } from './wrk.ts'

/** One kind of request at one server. */
export interface Side {
  readonly server: Running
  /** All of the load but the server's address. */
  readonly path: string
  readonly load: Pick<Load, 'connections' | 'headers' | 'lua'>
}

/** The best that a side showed in its rounds. */
export interface Best {
  /** What the process used of its core for a request, in µs; the least of all rounds. */
  readonly cpuMicroseconds: number
  readonly perSecond: number
  /** Of the round with the lowest; milliseconds. */
  readonly p99: number
}

export interface Comparison {
  readonly ours: Best
  readonly theirs: Best
  /** How much of the other's work for a request ours takes, upside down: 1 is as little, 0.5 twice as much. */
  readonly cpuRatio: number
  /** Of the best rounds' requests per second. */
  readonly rateRatio: number
}

/**
 * Short rounds in turn, and the best of each side: what else runs on the machine only ever makes a round worse.
 * CPU time is compared first, because it does not count the time that others had the core.
 */
export async function compare(
  ours: Side,
  theirs: Side,
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
) {
  const rows: [Round, Round][] = []
  for (let round = 0; round < rounds; round++) rows.push([await play(theirs, seconds), await play(ours, seconds)])
  const [base, mine] = [best(rows.map(([one]) => one)), best(rows.map(([, one]) => one))]
  const ratios = { cpuRatio: base.cpuMicroseconds / mine.cpuMicroseconds, rateRatio: mine.perSecond / base.perSecond }
  return { ours: mine, theirs: base, ...ratios } satisfies Comparison
}

interface Round extends Figures {
  readonly cpuMicroseconds: number
}

async function play({ server, path, load }: Side, seconds: number): Promise<Round> {
  const before = await server.cpuMs()
  const figures = await drive({ url: `${server.url}${path}`, seconds, ...load })
  if (figures.errors > 0) throw new Error(`${path}: ${figures.errors} answers were not 2xx`)
  return { ...figures, cpuMicroseconds: (1000 * ((await server.cpuMs()) - before)) / figures.requests }
}

function best(rounds: readonly Round[]): Best {
  return {
    cpuMicroseconds: Math.min(...rounds.map(({ cpuMicroseconds }) => cpuMicroseconds)),
    perSecond: Math.max(...rounds.map(({ perSecond }) => perSecond)),
    p99: Math.min(...rounds.map(({ p99 }) => p99)),
  }
}
