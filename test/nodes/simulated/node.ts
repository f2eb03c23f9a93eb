import { randomBytes } from 'node:crypto'
import type { Presence, UserId } from '../../../src/core/vocabulary.ts'
import { createDirectory } from '../../../src/directory/directory.ts'
import { createEngine, type Engine } from '../../../src/engine/engine.ts'
import { createFleet, type Fleet } from '../../../src/engine/fleet.ts'
import { SPACES } from '../../directory/house.ts'
import { aPrincipal } from '../../engine/world.ts'
import type { Cloud, Link } from './cloud.ts'
import { type Life, newLife, type Time } from './time.ts'

export const LEASE_MS = 10_000
export const RESTART_GRACE_MS = 60_000

/** A node that serves: what it knows and what a watcher of everyone was told by it. */
export interface Serving {
  readonly engine: Engine
  readonly fleet: Fleet
  readonly mirror: ReadonlyMap<UserId, Presence>
  /** As whoever it is, through this node. */
  as(userId: UserId): ReturnType<Engine['service']['as']>
  now(): number
}

/** One machine: a process on it is started, stopped, killed and started again. */
export interface Machine {
  readonly name: string
  readonly life: Life
  readonly link: Link
  /** Null: nothing runs, or it is still loading. */
  readonly serving: Serving | null
  start(): void
  kill(): void
  /** As SIGTERM does it. */
  leave(): Promise<void>
}

export interface MachineParts {
  readonly name: string
  readonly skewMs: number
  readonly cloud: Cloud
  readonly time: Time
  readonly random: () => number
  /** The process ended by itself, and took its connections with it. */
  readonly onEnded: () => void
}

export function createMachine({ name, skewMs, cloud, time, random, onEnded }: MachineParts): Machine {
  const link: Link = { isCut: false, isTrimmed: false, onHealed: () => {} }
  const log = { warn: () => {}, error: () => {} }
  let life = newLife()
  life.state = 'dead'
  let serving: Serving | null = null
  let closing: (() => Promise<void>) | null = null

  function kill(): void {
    life.state = 'dead'
    serving = null
  }

  function end(): void {
    kill()
    onEnded()
  }

  async function serve(own: Life): Promise<void> {
    const ledger = await cloud.connect(own, link, skewMs)
    const now = () => ledger.now()
    const directory = createDirectory({ ledger, idSpaces: SPACES, random: randomBytes, log })
    const { keys, subjects, settings } = directory
    const monotonic = (): number => time.now() + skewMs
    const fleet = createFleet({ keys, name, leaseMs: LEASE_MS, now, monotonic, onSuperseded: end, log })
    const engine = createEngine({ ledger, subjects, settings, nodes: fleet, restartGraceMs: RESTART_GRACE_MS, random, log })
    const replicaOf = (partition: string) => (partition === 'directory' ? directory : engine)
    const positions = await ledger.load((entry) => replicaOf(entry.partition).apply(entry))
    directory.loaded(positions)
    await engine.loaded(positions)
    ledger.follow(positions, { commit: (commit) => replicaOf(commit.partition).commit(commit), reload: end })
    await fleet.start()
    engine.holdGraces(0)
    const as = (userId: UserId) => engine.service.as(aPrincipal(userId), 'simulated')
    const { view } = as('reader')
    const mirror = new Map([...view.everyone()].map((presence) => [presence.userId, presence]))
    view
      .watch({ told: (presence) => void mirror.set(presence.userId, presence), gone: (id) => void mirror.delete(id) })
      .everyone(true)
    closing = async () => {
      await fleet.leave()
      onEnded()
      await engine.close()
    }
    serving = { engine, fleet, mirror, as, now }
  }

  return {
    name,
    link,
    get life() {
      return life
    },
    get serving() {
      return serving
    },
    start() {
      if (life.state !== 'dead') return
      life = newLife()
      const own = life
      time.within(own, () => {
        serve(own).catch(() => {
          if (own.state !== 'dead') end()
        })
      })
    },
    kill,
    async leave() {
      const own = life
      serving = null
      await time.within(own, async () => closing?.()).catch(() => {})
      own.state = 'dead'
    },
  }
}
