import { setTimeout } from 'node:timers/promises'
import { openEmbeddedLedger } from '../../src/ledgers/embedded/ledger.ts'

/*
 * A process to be killed: `node writer.ts FOLDER ROUND [COMMITS]`. 64 writers commit to keys of their own in the embedded ledger;
 * each line on standard output is an acknowledged write, `{key, version, value}` (value null: deleted), or `{failed}`.
 */
const WRITERS = 64
const [folder = '', round = '0', commits = 'Infinity'] = process.argv.slice(2)
const ledger = await openEmbeddedLedger({ folder, factsPartitions: 4 })
const versions = new Map<string, number>()
await ledger.load(({ key, version }) => versions.set(key, version))

const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`)
say({ ready: true })
await Promise.all(Array.from({ length: WRITERS }, (_, i) => write(`writer-${i}`, `facts/${i % 4}`)))
await ledger.close()

async function write(key: string, partition: string): Promise<void> {
  for (let i = 0; i < Number(commits); i++) {
    const value = i % 7 === 6 ? null : `${round}-${i} ${'x'.repeat((i * 131) % 3000)}`
    try {
      const bytes = value === null ? null : Buffer.from(value)
      const writes = [{ key, value: bytes, expects: versions.get(key) ?? 0 }]
      const append = { series: key, at: Number(round) * 1e6 + i, value: Buffer.from(value ?? 'deleted') }
      const answer = await ledger.commit(partition, writes, [append])
      if (!answer.committed) throw new Error(`${key} met another writer`)
      versions.set(key, value === null ? 0 : answer.version)
      say({ key, version: answer.version, value })
    } catch (error) {
      say({ failed: error instanceof Error ? error.message : String(error) })
      await setTimeout(20)
    }
  }
}
