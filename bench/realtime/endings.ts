import { setTimeout as pause } from 'node:timers/promises'
import { row } from '../table.ts'
import type { Load } from './load.ts'
import { type Rollcall, startOurs } from './servers.ts'

const CLAIMS = 100_000
const READERS = 1_000
const WATCHED = 100
/** Time enough to make the store, start the server and let the readers in, in ms. */
const AHEAD_MS = 45_000
/** Nothing more comes after this long without anything, in ms. */
const QUIET_MS = 3_000

/** So many claims end at one instant, one reader watches everyone and a thousand a hundred each. */
export async function endings(everyone: Load, some: Load): Promise<void> {
  const until = Math.ceil((Date.now() + AHEAD_MS) / 1000) * 1000
  const server = await startOurs({ users: CLAIMS, tokens: READERS, busyUntil: until }, true)
  try {
    await Promise.all([enter(everyone, server, 'everyone', 1), enter(some, server, WATCHED, READERS)])
    if (Date.now() > until - 1_000) throw new Error('the machine is too busy: the claims ended before everyone was there')
    await Promise.all([everyone.reset(), some.reset()])
    await pause(until - Date.now() - 500)
    const [cpu, pauses] = [await server.cpuMs(), server.pauses.length]
    await pause(until - Date.now() + 2_000)
    await Promise.all([everyone.settle(QUIET_MS), some.settle(QUIET_MS)])
    const cpuMs = (await server.cpuMs()) - cpu
    const held = server.pauses.slice(pauses)
    const longest = { ms: Math.max(0, ...held.map(({ ms }) => ms)), cpuMs: Math.max(0, ...held.map(({ cpuMs }) => cpuMs)) }
    row('readers', 'told', 'of', 'first ms', 'last ms', 'wrong', 'server CPU ms', 'pause / work')
    await print('1 of everyone', everyone, CLAIMS, until, cpuMs, longest)
    await print(`${READERS} of ${WATCHED}`, some, READERS * WATCHED, until, cpuMs, longest)
  } finally {
    await everyone.end()
    await some.end()
    await server.stop()
  }
}

async function enter(load: Load, { url }: Rollcall, watches: 'everyone' | number, count: number): Promise<void> {
  await load.begin({ url, users: CLAIMS, watches, attends: false, returnsWithinMs: null }, false)
  await load.open({ count })
  await load.settle()
}

/** The longest pause, and the most CPU time that was spent in any. */
type Longest = Pick<Rollcall['pauses'][number], 'ms' | 'cpuMs'>

async function print(name: string, load: Load, due: number, until: number, cpuMs: number, longest: Longest): Promise<void> {
  const { offlines, firstOfflineAt, lastOfflineAt } = await load.figures()
  const ms = (at: number): string => (at - until).toFixed(0)
  const pauseWords = longest.ms === 0 ? 'under 20 ms' : `${longest.ms} / ${longest.cpuMs} ms`
  row(
    name,
    String(offlines),
    String(due),
    ms(firstOfflineAt),
    ms(lastOfflineAt),
    String(await load.wrong()),
    String(cpuMs),
    pauseWords,
  )
}
