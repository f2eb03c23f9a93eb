import assert from 'node:assert/strict'
import { appendFile, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Archived } from '../../src/core/ports.ts'
import { openEmbeddedLedger } from '../../src/ledgers/embedded/ledger.ts'

interface Acknowledged {
  readonly key: string
  readonly version: number
  readonly value: string | null
}

/**
 * Opens a folder that `writer.ts` left behind and compares every acknowledged write: it is there, or a later one of the same
 * writer that was under way. Every other round it first leaves half a write at the end of the log, which must be told and harm nothing.
 */
export function createLedgerCheck(
  folder: string,
  random: () => number,
): (lines: readonly unknown[], round: number) => Promise<void> {
  let seen = 0
  const last = new Map<string, Acknowledged>()
  return async (lines, round) => {
    for (const line of lines.slice(seen)) if (isAcknowledged(line)) last.set(line.key, line)
    seen = lines.length
    const tears = round % 2 === 1
    if (tears) await tearLog(folder, random)
    const words: string[] = []
    const ledger = await openEmbeddedLedger({ folder, log: { warn: (said) => void words.push(said) } })
    try {
      if (tears) assert.match(words.join(), /was not finished/)
      const held = new Map<string, { version: number; value: string }>()
      const positions = await ledger.load(({ key, version, value }) =>
        held.set(key, { version, value: Buffer.from(value).toString() }),
      )
      for (const [key, told] of last) {
        const partition = `facts/${Number(key.slice(7)) % 4}`
        assertKept(told, held.get(key), positions[partition] ?? 0)
        const [latest] = await ledger.archive.range(partition, key, { order: 'newest-first', limit: 1 })
        assertAppended(told, held.get(key), latest)
      }
    } finally {
      await ledger.close()
    }
  }
}

function assertKept(
  { key, version, value }: Acknowledged,
  found: { version: number; value: string } | undefined,
  position: number,
): void {
  assert.ok(position >= version, `${key}: position ${position} is behind the acknowledged ${version}`)
  if (found?.version === version) assert.equal(found.value, value, `${key} has another value than was acknowledged`)
  else if (found !== undefined)
    assert.ok(found.version > version, `${key}: version ${version} was acknowledged, ${found.version} is there`)
  else assert.ok(value === null || position > version, `${key}: version ${version} was acknowledged and is gone`)
}

/** L7: the latest append is that of the latest commit, whether that was acknowledged or not. */
function assertAppended(
  { key, version }: Acknowledged,
  found: { version: number; value: string } | undefined,
  latest?: Archived,
): void {
  assert.ok(latest !== undefined && latest.version >= version, `${key}: what was appended with version ${version} is gone`)
  const value = Buffer.from(latest.value).toString()
  if (found === undefined) assert.equal(value, 'deleted', `${key}: a commit that is not there left an append`)
  else assert.deepEqual({ version: latest.version, value }, found, `${key}: append and commit differ`)
}

const isAcknowledged = (line: unknown): line is Acknowledged => Object(line) === line && 'version' in (line as object)

/** Appends the first part of a record that claims to be longer. */
export async function tearLog(folder: string, random: () => number): Promise<void> {
  const logs = (await readdir(folder)).filter((file) => file.endsWith('.log')).sort()
  const log = join(folder, logs.at(-1) ?? '')
  const { length } = await readFile(log)
  const left = 32768 - (length % 32768)
  const header = Buffer.from([1, 2, 3, 4, 0xff, 0x0f, 1])
  const half = Buffer.concat([Buffer.alloc(left < 7 ? left : 0), header, Buffer.alloc(Math.floor(random() * 500), 'x')])
  await appendFile(
    log,
    half.subarray(0, (left < 7 ? left : 0) + 1 + Math.floor(random() * (half.length - 1 - (left < 7 ? left : 0)))),
  )
}
