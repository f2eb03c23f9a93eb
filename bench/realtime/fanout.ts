import { row } from '../table.ts'
import type { Load } from './load.ts'
import type { Contender } from './servers.ts'
import type { Figures } from './tally.ts'

export interface Step {
  readonly changesPerSecond: number
  readonly deliveriesPerSecond: number
  /** Of all that was to be delivered, how much was while it was measured. */
  readonly share: number
  /** The server's CPU time for a delivery, in µs. */
  readonly cpuMicroseconds: number
  readonly figures: Figures
}

export interface Ladder {
  readonly best: Step
  /** At half of the changes of the best step. */
  readonly half: Step
  /** At GOAL_PER_SECOND; null: so many were not reached. */
  readonly goal: Step | null
  readonly wrong: number
}

export interface Climb {
  readonly watchers: number
  readonly users: number
  readonly watches: 'everyone' | number
  readonly firstRate: number
}

const SECONDS = 1.5
const GROWTH = 2
const STEPS_MAX = 9
/** Half of what is to be reached, in deliveries a second: latency there can be compared whatever the best step was. */
const GOAL_PER_SECOND = 500_000
const STEADY_SECONDS = 2
/** Rounds at one rate, of which the best counts: what else runs on the machine only ever makes one worse. */
const STEADY_ROUNDS = 3

/** More changes a second from step to step until no more is delivered, then half as many. */
export async function climb(load: Load, server: Contender, { watchers, users, watches, firstRate }: Climb): Promise<Ladder> {
  const each = watches === 'everyone' ? watchers : (watchers * watches) / users
  await load.begin({ url: server.url, users, watches, attends: false, returnsWithinMs: null }, true)
  await load.open({ count: watchers })
  await load.settle()
  const steps: Step[] = []
  let rate = firstRate
  for (let i = 0; i < STEPS_MAX && !isPast(steps); i++, rate *= GROWTH)
    steps.push(await step(load, server, rate, each, users, SECONDS))
  const best = steps.reduce((one, other) => (other.deliveriesPerSecond > one.deliveriesPerSecond ? other : one))
  const half = await steady(load, server, best.deliveriesPerSecond / 2, each, users)
  const goal = best.deliveriesPerSecond < GOAL_PER_SECOND ? null : await steady(load, server, GOAL_PER_SECOND, each, users)
  const wrong = await load.wrong()
  await load.end()
  return { best, half, goal, wrong }
}

async function steady(load: Load, server: Contender, deliveriesPerSecond: number, each: number, users: number): Promise<Step> {
  const rounds: Step[] = []
  for (let i = 0; i < STEADY_ROUNDS; i++)
    rounds.push(await step(load, server, deliveriesPerSecond / each, each, users, STEADY_SECONDS))
  return rounds.reduce((one, other) => (other.figures.p99 < one.figures.p99 ? other : one))
}

const isPast = (steps: readonly Step[]): boolean =>
  (steps.at(-1)?.deliveriesPerSecond ?? 0) < 0.9 * (steps.at(-2)?.deliveriesPerSecond ?? 0)

export async function step(
  load: Load,
  server: Contender,
  perSecond: number,
  each: number,
  users: number,
  seconds: number,
): Promise<Step> {
  await load.reset()
  const [cpu, began] = [await server.cpuMs(), performance.now()]
  const { changes } = await load.write({ perSecond, seconds, users })
  const figures = await load.figures()
  const [cpuMs, ms] = [(await server.cpuMs()) - cpu, performance.now() - began]
  await load.settle()
  return {
    changesPerSecond: (changes * 1000) / ms,
    deliveriesPerSecond: (figures.deliveries * 1000) / ms,
    share: figures.deliveries / (changes * each),
    cpuMicroseconds: (cpuMs * 1000) / figures.deliveries,
    figures,
  }
}

export function printHead(): void {
  row('server', 'changes/s', 'deliveries/s', 'µs CPU each', 'a core gives', 'half: p50 ms', 'p99 ms', '500,000/s', 'wrong')
}

export function printLadder(name: string, { best, half, goal, wrong }: Ladder): void {
  row(
    name,
    best.changesPerSecond.toFixed(0),
    Math.round(best.deliveriesPerSecond).toLocaleString('en'),
    best.cpuMicroseconds.toFixed(2),
    Math.round(1_000_000 / best.cpuMicroseconds).toLocaleString('en'),
    half.figures.p50.toFixed(0),
    half.figures.p99.toFixed(0),
    goal === null ? '–' : `${goal.figures.p50.toFixed(0)} / ${goal.figures.p99.toFixed(0)} ms`,
    String(wrong),
  )
}
