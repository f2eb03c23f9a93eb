import { setTimeout as pause } from 'node:timers/promises'
import { row } from '../table.ts'
import { step } from './fanout.ts'
import type { Load } from './load.ts'
import type { Contender, Rollcall } from './servers.ts'
import type { Figures } from './tally.ts'

const MEGABYTE = 2 ** 20
/** How long a server is left alone before its memory is read, in ms. */
const REST_MS = 2_500

interface Crew {
  readonly people: number
  readonly watches: number
}

/** Opens connections as fast as they are let in, and tells what each costs. Best of several rounds. */
export async function connect(load: Load, server: Contender, count: number, rounds: number): Promise<void> {
  let [rate, cpuMicroseconds] = [0, Number.POSITIVE_INFINITY]
  for (let round = 0; round < rounds; round++) {
    await load.begin({ url: server.url, users: count, watches: 0, attends: false, returnsWithinMs: null }, false)
    const cpu = await server.cpuMs()
    const ms = await load.open({ count })
    rate = Math.max(rate, (count * 1000) / ms)
    cpuMicroseconds = Math.min(cpuMicroseconds, (((await server.cpuMs()) - cpu) * 1000) / count)
    await load.end()
    await pause(REST_MS)
  }
  row(server.name, Math.round(rate).toLocaleString('en'), cpuMicroseconds.toFixed(0))
}

/** What idle connections cost, of which each watches so many and, where there are sessions, has one. */
export async function idle(load: Load, server: Contender, { people, watches }: Crew, attends: boolean): Promise<void> {
  await pause(REST_MS)
  const before = await server.memory()
  await load.begin({ url: server.url, users: people, watches, attends, returnsWithinMs: null }, false)
  await load.open({ count: people })
  await load.settle()
  await pause(REST_MS)
  const bytes = ((await server.memory()).resident - before.resident) / people
  const words = `${attends ? 'a session, ' : ''}${watches} watched`
  row(server.name, words, `${(bytes / 1024).toFixed(1)} KB`)
  await load.end()
}

/** Everybody comes within ten seconds, each watched by as many as they watch; then all are cut at once and come back within one. */
export async function burst(load: Load, server: Contender, { people, watches }: Crew, within: Goal): Promise<void> {
  await load.begin({ url: server.url, users: people, watches, attends: true, returnsWithinMs: 1_000 }, false)
  await load.reset()
  const cpu = await server.cpuMs()
  await load.open({ count: people, overMs: 10_000 })
  await load.settle()
  await print(load, server, '09:00', (await server.cpuMs()) - cpu, within)
  for (const name of ['cut', 'cut again']) {
    await pause(REST_MS)
    await load.reset()
    const [before, began] = [await server.cpuMs(), performance.now()]
    await load.cutAll()
    await untilBack(load, people)
    const backMs = performance.now() - began
    await load.settle()
    await print(load, server, `${name}, back in ${(backMs / 1000).toFixed(1)} s`, (await server.cpuMs()) - before, null)
  }
  await load.end()
}

/** Most of a second's worth of people may be away while the server ends and starts; nobody was ever gone. */
export async function restart(load: Load, server: Rollcall, { people, watches }: Crew): Promise<void> {
  await load.begin({ url: server.url, users: people, watches, attends: true, returnsWithinMs: 1_000 }, false)
  await load.open({ count: people })
  await load.settle()
  await load.reset()
  const cpu = 0
  const awayMs = await server.restart()
  await untilBack(load, people)
  await load.settle()
  await print(load, server, `restart, ${(awayMs / 1000).toFixed(1)} s away`, (await server.cpuMs()) - cpu, null)
  await load.end()
}

/** One reader in twenty stops; what the others see, before and meanwhile. */
export async function stalled(load: Load, server: Contender, watchers: number, users: number, perSecond: number): Promise<void> {
  await load.begin({ url: server.url, users, watches: 'everyone', attends: false, returnsWithinMs: 1_000 }, true)
  await load.open({ count: watchers })
  await load.settle()
  const each = watchers
  const before = await step(load, server, perSecond, each, users, 4)
  const memory = await server.memory()
  await load.stall(0.05, true)
  const meanwhile = await step(load, server, perSecond, each, users, 4)
  const grown = ((await server.memory()).resident - memory.resident) / MEGABYTE
  await load.stall(0.05, false)
  await load.settle()
  const wrong = await load.wrong()
  const ms = ({ p50, p99 }: Figures): string => `${p50.toFixed(0)} / ${p99.toFixed(0)}`
  row(server.name, ms(before.figures), ms(meanwhile.figures), `${grown.toFixed(0)} MB`, String(wrong))
  await load.end()
}

export type Goal = { readonly p99: number } | null

export function printStormHead(): void {
  row('server', 'told', 'p50 ms', 'p99 ms', 'CPU s', 'memory MB', 'false offline', 'wrong', 'what')
}

async function print(load: Load, server: Contender, what: string, cpuMs: number, within: Goal): Promise<void> {
  const { deliveries, p50, p99, offlines } = await load.figures()
  const { resident } = await server.memory()
  row(
    server.name,
    deliveries.toLocaleString('en'),
    p50.toFixed(0),
    `${within !== null && p99 > within.p99 ? '! ' : ''}${p99.toFixed(0)}`,
    (cpuMs / 1000).toFixed(1),
    (resident / MEGABYTE).toFixed(0),
    String(offlines),
    String(await load.wrong()),
    `  ${what}`,
  )
}

async function untilBack(load: Load, people: number): Promise<void> {
  const until = performance.now() + 60_000
  // The cut itself takes a moment to be noticed.
  await pause(100)
  while (performance.now() < until && (await load.connected()) < people) await pause(20)
}
