import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import { createLedgerCheck } from './ledger-check.ts'

/** In units of 512 bytes, as POSIX has it: no file may grow beyond 4 MiB, so that writing fails in the middle of a log. */
const FILE_BLOCKS_MAX = 8192

test('[L3] a write the disk has no room for fails with words, the process lives, and goes on storing when there is room again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-full-'))
  try {
    const writer = join(import.meta.dirname, 'writer.ts')
    const limited = `ulimit -f ${FILE_BLOCKS_MAX} && exec "$0" "$1" "$2" 0 150`
    const child = spawn('sh', ['-c', limited, process.execPath, writer, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = once(child, 'close')
    const lines: Record<string, unknown>[] = []
    for await (const line of createInterface({ input: child.stdout })) lines.push(JSON.parse(line))
    expect((await ended)[0]).toBe(0)

    const failures = lines.filter((line) => 'failed' in line)
    expect(failures.length).toBeGreaterThan(0)
    for (const { failed } of failures) expect(failed).toMatch(/^the ledger cannot store: .*File too large/)
    const stored = lines.map((line) => 'version' in line)
    expect(stored.indexOf(true)).toBeLessThan(lines.findIndex((line) => 'failed' in line))
    expect(stored.lastIndexOf(true)).toBeGreaterThan(lines.findIndex((line) => 'failed' in line))
    await createLedgerCheck(folder, Math.random)(lines, 0)
  } finally {
    await rm(folder, { recursive: true })
  }
}, 60_000)
