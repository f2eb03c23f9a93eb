import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { factsPartition, type Ledger } from '../../src/core/ports.ts'
import { openEmbeddedLedger } from '../../src/ledgers/embedded/ledger.ts'
import { createMemoryLedger } from '../../src/ledgers/memory.ts'

/*
 * Durable commits per second with 1, 64 and 512 writers, each over random users, as the engine makes them.
 * With a slower disk: SLOW_US=4000 LD_PRELOAD=slowsync.so node bench/ledgers/commits.ts
 */
const USERS = 100_000
const SECONDS = 3
const value = Buffer.alloc(300, 'x')

const folder = await mkdtemp(join(tmpdir(), 'rollcall-bench-'))
try {
  for (const [name, ledger] of [
    ['memory', createMemoryLedger()],
    ['embedded', await openEmbeddedLedger({ folder })],
  ] as const) {
    for (const writers of [1, 64, 512]) console.log(`${name} · ${writers} writers: ${await run(ledger, writers)}`)
    await ledger.close()
  }
} finally {
  await rm(folder, { recursive: true })
}

async function run(ledger: Ledger, writers: number): Promise<string> {
  const versions = new Map<string, number>()
  await ledger.load((entry) => versions.set(entry.key, entry.version))
  const busy = new Set<string>()
  const took: number[] = []
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const start = performance.now()
  async function write(): Promise<void> {
    while (performance.now() - start < SECONDS * 1000) {
      const key = `user-${Math.floor(Math.random() * USERS)}`
      if (busy.has(key)) continue
      busy.add(key)
      const at = performance.now()
      const partition = factsPartition(key, ledger.factsPartitions)
      const answer = await ledger.commit(partition, [{ key, value, expects: versions.get(key) ?? 0 }])
      if (!answer.committed) throw new Error('a writer that knows the version was refused')
      versions.set(key, answer.version)
      took.push(performance.now() - at)
      busy.delete(key)
      if (ledger.away() === null && took.length % 1000 === 0) await new Promise(setImmediate)
    }
  }
  await Promise.all(Array.from({ length: writers }, write))
  const seconds = (performance.now() - start) / 1000
  delay.disable()
  took.sort((a, b) => a - b)
  const p99 = took[Math.floor(took.length * 0.99)] ?? 0
  return `${Math.round(took.length / seconds)} commits/s, p99 ${p99.toFixed(2)} ms, longest pause ${(delay.max / 1e6).toFixed(1)} ms`
}
