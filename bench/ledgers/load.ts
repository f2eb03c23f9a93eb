import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { openEmbeddedLedger } from '../../src/ledgers/embedded/ledger.ts'

/*
 * How long a ledger of 1,000,000 entries of 300 bytes takes to fill, open and load, how long it holds the event loop meanwhile,
 * and what memory it takes. Another process fills it, so that only the reader is measured.
 */
const ENTRIES = 1_000_000
const COMMIT_ENTRIES = 1000

const [filling] = process.argv.slice(2)
if (filling !== undefined) await timed('fill', () => fill(filling))
else await read(await mkdtemp(join(tmpdir(), 'rollcall-bench-')))

async function read(folder: string): Promise<void> {
  try {
    process.stdout.write(execFileSync(process.execPath, [import.meta.filename, folder]))
    const ledger = await timed('open', () => openEmbeddedLedger({ folder }))
    let entries = 0
    const some = new Map<string, number>()
    await timed('load', () => ledger.load(({ key, version }) => void (entries++ % 1000 === 0 && some.set(key, version))))
    console.log(`${entries} entries`)
    await timed('commit to 1,000 of them at once', () =>
      Promise.all([...some].map(([key, expects]) => ledger.commit('directory', [{ key, value: value(), expects }]))),
    )
    await timed('backup', () => ledger.backup(join(folder, 'copy')))
    await timed('close', () => ledger.close())
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function fill(folder: string): Promise<void> {
  const ledger = await openEmbeddedLedger({ folder })
  for (let i = 0; i < ENTRIES; i += COMMIT_ENTRIES)
    await ledger.commit('directory', Array.from({ length: COMMIT_ENTRIES }, write))
  await ledger.close()
}

function write() {
  return { key: `user/${randomBytes(13).toString('hex')}`, value: value(), expects: 0 }
}

/** 300 bytes of which LevelDB can compress half. */
function value(): Buffer {
  return Buffer.concat([randomBytes(150), Buffer.alloc(150, 'x')])
}

async function timed<T>(name: string, run: () => Promise<T>): Promise<T> {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const at = performance.now()
  const answer = await run()
  const took = performance.now() - at
  delay.disable()
  console.log(`${name}: ${took.toFixed(0)} ms, longest pause ${(delay.max / 1e6).toFixed(0)} ms, resident ${await resident()}`)
  return answer
}

/** Of the process's own and of files mapped by LevelDB, which the system may take back. */
async function resident(): Promise<string> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '')
  const [own, mapped] = ['RssAnon', 'RssFile'].map((name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0))
  return `${Math.round((own ?? 0) / 1024)} MiB own + ${Math.round((mapped ?? 0) / 1024)} MiB mapped`
}
