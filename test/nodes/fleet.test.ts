import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Failure } from '../../src/core/errors.ts'
import type { Ledger } from '../../src/core/ports.ts'
import { createDirectory } from '../../src/directory/directory.ts'
import { createFleet } from '../../src/engine/fleet.ts'
import { DUTIES } from '../../src/engine/nodes.ts'
import { createMemoryLedger } from '../../src/ledgers/memory.ts'
import { SPACES } from '../directory/house.ts'

const LEASE_MS = 10_000
const log = { warn: () => {}, error: () => {} }
beforeEach(() => void vi.useFakeTimers({ now: 1_000_000, toFake: ['setTimeout', 'clearTimeout', 'Date'] }))
afterEach(() => void vi.useRealTimers())
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

/** A node on a ledger that others share. While it stands still, its timers do nothing. */
async function nodeOn(ledger: Ledger, name: string, skewMs = 0) {
  let [isStill, isAway, isUnheard] = [false, false, false]
  const own: Ledger = Object.create(ledger, {
    commit: {
      value(...commit: Parameters<Ledger['commit']>) {
        if (isAway) return Promise.reject(new Failure('unavailable', 'Nothing can be stored now.', { reason: 'ledger_away' }))
        if (isStill) return new Promise(() => {})
        const answered = ledger.commit(...commit)
        return isUnheard ? answered.then(unheard) : answered
      },
    },
  })
  const directory = createDirectory({ ledger: own, idSpaces: SPACES, random: randomBytes, log })
  const changes: boolean[] = []
  let isSuperseded = false
  const fleet = createFleet({
    keys: directory.keys,
    name,
    leaseMs: LEASE_MS,
    now: () => ledger.now(),
    // Clocks of machines have nothing to do with one another.
    monotonic: () => Date.now() + skewMs,
    onSuperseded: () => {
      isSuperseded = true
    },
    log,
  })
  fleet.onChange(({ reborn }) => void changes.push(reborn))
  const positions = await ledger.load((entry) => directory.apply(entry))
  directory.loaded(positions)
  ledger.follow(positions, { commit: (commit) => directory.commit(commit), reload: () => {} })
  const started = fleet.start()
  return {
    fleet,
    changes,
    started,
    get isSuperseded() {
      return isSuperseded
    },
    standStill: () => {
      isStill = true
    },
    /** The ledger takes nothing of it. */
    refuse: (refuses: boolean) => {
      isAway = refuses
    },
    /** What it commits is stored, but no answer comes. */
    loseAnswers: (loses: boolean) => {
      isUnheard = loses
    },
  }
}

const unheard = (): never => {
  throw new Failure('unavailable', 'No answer came.', { reason: 'ledger_away' })
}

const started = async (ledger: Ledger, name: string, skewMs?: number) => {
  const node = await nodeOn(ledger, name, skewMs)
  await pass(1)
  await node.started
  return node
}

test('[F9] each duty is held by one node, and by another once that one is gone', async () => {
  const ledger = createMemoryLedger({ clock: Date.now })
  const nodes = [await started(ledger, 'one'), await started(ledger, 'two', 300_000), await started(ledger, 'three', -300_000)]
  const holders = () => DUTIES.map((duty) => nodes.filter(({ fleet }) => fleet.holds(duty)).length)
  expect([holders(), nodes[0]?.fleet.holds('webhooks')]).toEqual([[1, 1, 1], true])
  nodes[0]?.standStill()
  for (let ms = 0; ms < 2 * LEASE_MS; ms += 500) {
    await pass(500)
    expect(Math.max(...holders())).toBeLessThanOrEqual(1)
  }
  expect([holders(), nodes[0]?.fleet.holds('webhooks')]).toEqual([[1, 1, 1], false])
  await nodes[1]?.fleet.leave()
  await pass(LEASE_MS / 2)
  expect(nodes[2]?.fleet.holds('webhooks')).toBe(true)
})

test('[F3] a silent node is given up after its lease and not before, whatever the clocks of the machines say', async () => {
  const ledger = createMemoryLedger({ clock: Date.now })
  const [one, two, three] = [await started(ledger, 'one'), await started(ledger, 'two', 300_000), await started(ledger, 'three')]
  await pass(60_000)
  expect([one.fleet.goneAt('two'), three.fleet.goneAt('one')]).toEqual([null, null])
  two.standStill()
  await pass(LEASE_MS)
  expect(one.fleet.goneAt('two')).toBeNull()
  await pass(LEASE_MS)
  expect(one.fleet.goneAt('two')).not.toBeNull()
  expect(three.fleet.goneAt('two')).toBe(one.fleet.goneAt('two'))
  expect([one.fleet.tends('two'), three.fleet.tends('two')]).toEqual([true, false])
})

test('[F7] a node knows by its own clock, before the others do, that it may have been given up', async () => {
  const ledger = createMemoryLedger({ clock: Date.now })
  const [one, two] = [await started(ledger, 'one'), await started(ledger, 'two')]
  one.standStill()
  while (two.fleet.goneAt('one') === null) {
    const wasFenced = one.fleet.fenced() !== null
    await pass(100)
    if (two.fleet.goneAt('one') !== null) expect(wasFenced).toBe(true)
  }
  expect(() => one.fleet.assertBelieved()).toThrow(/could not renew its lease/)
})

test('[F7] nodes whose ledger took nothing for longer than a lease are believed as soon as it does, and none is given up', async () => {
  const ledger = createMemoryLedger({ clock: Date.now })
  const nodes = [await started(ledger, 'one'), await started(ledger, 'two')]
  for (const node of nodes) node.refuse(true)
  await pass(3 * LEASE_MS)
  expect(nodes.map(({ fleet }) => fleet.fenced())).toEqual([expect.any(String), expect.any(String)])
  for (const node of nodes) node.refuse(false)
  await pass(250)
  expect(nodes.map(({ fleet, changes }) => [fleet.fenced(), changes])).toEqual([
    [null, expect.not.arrayContaining([true])],
    [null, expect.not.arrayContaining([true])],
  ])
})

test('[F2] a name is taken at once when its node said goodbye, after a silence when it was killed, and never while it is renewed', async () => {
  const ledger = createMemoryLedger({ clock: Date.now })
  const first = await started(ledger, 'one')
  const refused = (await nodeOn(ledger, 'one')).started.catch((error: Error) => error.message)
  await pass(LEASE_MS)
  expect(await refused).toMatch(/another process is the node "one"/)
  const before = first.fleet.self().incarnation
  first.standStill()
  await pass(100)
  const second = await nodeOn(ledger, 'one')
  await pass(LEASE_MS / 2)
  await second.started
  expect(second.fleet.self().incarnation).toBeGreaterThan(before)
  await second.fleet.leave()
  const third = await started(ledger, 'one')
  expect(third.fleet.fenced()).toBeNull()
})

test('[F2] a process whose name was taken while it stood still ends', async () => {
  const ledger = createMemoryLedger({ clock: Date.now })
  const first = await started(ledger, 'one')
  const words = { incarnation: first.fleet.self().incarnation + 1, goneAt: null }
  const version = (await versions(ledger)).get('node/one') ?? 0
  await ledger.commit('directory', [{ key: 'node/one', value: Buffer.from(JSON.stringify(words)), expects: version }])
  await pass(LEASE_MS)
  expect([first.isSuperseded, first.fleet.fenced()]).toEqual([true, expect.any(String)])
})

test('[F2, F7] whoever was given up twice, and did not hear that it was back in between, still has its own name', async () => {
  const ledger = createMemoryLedger({ clock: Date.now })
  const [one] = [await started(ledger, 'one'), await started(ledger, 'two')]
  const { incarnation } = one.fleet.self()
  one.refuse(true)
  await pass(2 * LEASE_MS)
  one.loseAnswers(true)
  one.refuse(false)
  await pass(250)
  one.refuse(true)
  await pass(2 * LEASE_MS)
  one.loseAnswers(false)
  one.refuse(false)
  await pass(250)
  expect([one.isSuperseded, one.fleet.fenced()]).toEqual([false, null])
  expect(one.fleet.self().incarnation).toBeGreaterThan(incarnation + 1)
})

async function versions(ledger: Ledger): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>()
  await ledger.load(({ key, version }) => void found.set(key, version))
  return found
}
