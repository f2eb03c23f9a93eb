import { execFileSync } from 'node:child_process'
import { mkdir, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { provision, setsBy } from './people.ts'
import { cpuMsOf, startRollcall } from './servers.ts'
import { goal, row } from './table.ts'
import { drive, type Figures, type Load, requireWrk } from './wrk.ts'

/*
 * Two workers beside one process. A machine of two cores has none left for the load, so each process that serves is held to a
 * tenth of a core, where the system lets us (Linux, control groups of version 1, as root): then their number decides, not the machine.
 * What a request costs all processes together is told beside it.
 */

const [ROUNDS, SECONDS, CONNECTIONS] = [5, 2, 64]
const READS_RATIO_MIN = 1.4
const GROUPS = '/sys/fs/cgroup/cpu'
/** Of a core, for each process that serves, over so many µs. */
const [SHARE, PERIOD_US] = [0.1, 20_000]

const NOTHING: Played = { perSecond: 0, cpuMicroseconds: Number.POSITIVE_INFINITY, busiest: 1 }

requireWrk()
const one = await startRollcall({ pinned: false })
const two = await startRollcall({ pinned: false, env: { ROLLCALL_WORKERS: '2' } })
const undo: (() => Promise<void>)[] = []
try {
  const sides = await Promise.all([one, two].map(async ({ url }) => ({ url, people: await provision(url, 100) })))
  const [alone, workers] = [[one.pid], childrenOf(two.pid)]
  const isHeld = await hold([...alone, ...workers])
  console.log(
    `\nBest of ${ROUNDS} rounds in turn, ${CONNECTIONS} connections; ${isHeld ? `each process that serves has ${SHARE} of a core` : 'nothing is held back'}.\n`,
  )
  row('case', 'one: per s', 'CPU µs', 'two: per s', 'CPU µs', 'busiest', 'ratio', 'goal')
  await compare('reads of one presence', READS_RATIO_MIN, ({ url, people }) => ({
    url: `${url}/v1/presence/${people[1]?.id}`,
    headers: { Authorization: `Bearer ${people[0]?.token}` },
  }))
  await compare('sets', null, ({ url, people }) => ({ url, headers: {}, lua: setsBy(people) }))

  async function compare(
    name: string,
    least: number | null,
    loadOf: (side: (typeof sides)[number]) => Pick<Load, 'url' | 'headers' | 'lua'>,
  ) {
    const best = [NOTHING, NOTHING]
    for (let round = 0; round < ROUNDS; round++)
      for (const [i, side] of sides.entries()) {
        const pids = i === 0 ? alone : [two.pid, ...workers]
        const played = await play({ ...loadOf(side), connections: CONNECTIONS, seconds: SECONDS }, pids)
        best[i] = better(best[i] ?? NOTHING, played)
      }
    const [ofOne = NOTHING, ofTwo = NOTHING] = best
    const ratio = ofTwo.perSecond / ofOne.perSecond
    row(
      name,
      ofOne.perSecond.toFixed(0),
      ofOne.cpuMicroseconds.toFixed(1),
      ofTwo.perSecond.toFixed(0),
      ofTwo.cpuMicroseconds.toFixed(1),
      ofTwo.busiest.toFixed(2),
      ratio.toFixed(2),
      least === null ? '–' : goal(ratio >= least, `≥ ${least}`),
    )
  }
} finally {
  for (const back of undo) await back()
  await Promise.all([one.stop(), two.stop()])
}

interface Played extends Pick<Figures, 'perSecond'> {
  /** Of all processes of a server, for a request. */
  readonly cpuMicroseconds: number
  /** The share of that which the busiest process had. */
  readonly busiest: number
}

async function play(load: Load, pids: readonly number[]): Promise<Played> {
  const before = await Promise.all(pids.map(cpuMsOf))
  const { requests, perSecond, errors } = await drive(load)
  if (errors > 0) throw new Error(`${errors} answers were not 2xx`)
  const used = (await Promise.all(pids.map(cpuMsOf))).map((ms, i) => ms - (before[i] ?? 0))
  const all = used.reduce((sum, ms) => sum + ms, 0)
  return { perSecond, cpuMicroseconds: (1_000 * all) / requests, busiest: Math.max(...used) / all }
}

/** False: the system does not let us. */
async function hold(pids: readonly number[]): Promise<boolean> {
  for (const pid of pids) {
    const group = join(GROUPS, `rollcall-bench-${pid}`)
    try {
      await mkdir(group)
      undo.push(async () => {
        await writeFile(join(GROUPS, 'cgroup.procs'), String(pid))
        await rmdir(group)
      })
      await writeFile(join(group, 'cpu.cfs_period_us'), String(PERIOD_US))
      await writeFile(join(group, 'cpu.cfs_quota_us'), String(PERIOD_US * SHARE))
      await writeFile(join(group, 'cgroup.procs'), String(pid))
    } catch {
      return false
    }
  }
  return true
}

function childrenOf(pid: number): readonly number[] {
  return execFileSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map(Number)
}

function better(one: Played, other: Played): Played {
  return {
    perSecond: Math.max(one.perSecond, other.perSecond),
    cpuMicroseconds: Math.min(one.cpuMicroseconds, other.cpuMicroseconds),
    busiest: Math.min(one.busiest, other.busiest),
  }
}
