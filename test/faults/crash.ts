import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { createLedgerCheck } from './ledger-check.ts'

export interface CrashParts {
  readonly rounds: number
  /** The same seed kills after the same times. */
  readonly seed: number
  /** What to start in each round: a program that prints a line, as JSON, for all that was acknowledged. Started in a process group of its own. */
  readonly command: (round: number) => readonly string[]
  /** Each round ends by SIGKILL to the whole group, this long after its first line at most. */
  readonly livesMsMax?: number
  /** Called after each kill with the lines of all rounds; throws on anything that was acknowledged and is not there. */
  readonly check: (lines: readonly unknown[], round: number) => Promise<void>
}

/** Kills a program at random points, again and again, and checks each time what it had acknowledged. Answers how many lines it had told. */
export async function runCrashRounds({ rounds, seed, command, livesMsMax = 150, check }: CrashParts): Promise<number> {
  const random = createRandom(seed)
  const lines: unknown[] = []
  for (let round = 0; round < rounds; round++) {
    await runUntilKilled(command(round), Math.floor(random() * livesMsMax), lines)
    await check(lines, round)
  }
  return lines.length
}

async function runUntilKilled([program = '', ...rest]: readonly string[], livesMs: number, lines: unknown[]): Promise<void> {
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'inherit'], detached: true })
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => (code === null ? resolve() : reject(new Error(`it ended by itself with code ${code}`))))
  })
  const told = createInterface({ input: child.stdout })
  told.once('line', () => setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGKILL'), livesMs))
  told.on('line', (line) => {
    if (line.endsWith('}')) lines.push(JSON.parse(line))
  })
  await ended
}

/** Mulberry32: numbers from 0 to 1, the same for the same seed. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** The embedded ledger's own writer, killed and checked. */
export async function crashLedger(rounds: number, seed: number): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-crash-'))
  const writer = join(import.meta.dirname, 'writer.ts')
  const check = createLedgerCheck(folder, createRandom(seed + 1))
  try {
    return await runCrashRounds({ rounds, seed, command: (round) => [process.execPath, writer, folder, `${round}`], check })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

if (import.meta.main) {
  const options = {
    rounds: { type: 'string', default: '200' },
    seed: { type: 'string', default: `${Date.now() % 1e6}` },
  } as const
  const { rounds, seed } = parseArgs({ options }).values
  const told = await crashLedger(Number(rounds), Number(seed))
  console.log(`killed ${rounds} times (seed ${seed}); none of the ${told} acknowledged writes is missing`)
}
