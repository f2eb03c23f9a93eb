import { Command } from 'commander'
import { Failure } from '../core/errors.ts'
import { lookAtServer } from './doctor-server.ts'
import { lookAtSetting, type Settings } from './doctor-setting.ts'
import { type Finding, wrong } from './finding.ts'
import { example, print, printJson } from './terminal.ts'

/** `readSettings`: those of `rollcall serve` in this environment; throws Failure, with words. */
export function doctorCommand(readSettings: () => Settings): Command {
  return new Command('doctor')
    .description('look at the settings here, the store, and the running server, and say what to do')
    .option('--no-server', 'before there is a server: settings and store alone')
    .option('--json', 'answer as JSON')
    .addHelpText(
      'after',
      `\nEnds with code 1 when something is wrong.\n${example('rollcall doctor', 'rollcall doctor --no-server --json')}`,
    )
    .action(async ({ server, json }: { server: boolean; json?: true }) => {
      const findings = [...(await lookHere(readSettings)), ...(server ? await lookAtServer() : [])]
      if (json) printJson(findings)
      else for (const finding of findings) show(finding)
      if (findings.some(({ state }) => state === 'wrong')) process.exitCode = 1
    })
}

async function lookHere(readSettings: () => Settings): Promise<readonly Finding[]> {
  try {
    return await lookAtSetting(readSettings())
  } catch (error) {
    if (error instanceof Failure) return [wrong('settings', error.message, 'Correct it, or take it away.')]
    throw error
  }
}

const MARKS = { fine: 'ok   ', doubtful: 'hm   ', wrong: 'WRONG' } as const

function show({ state, about, says, remedy }: Finding): void {
  print(`${MARKS[state]}  ${about.padEnd(8)}  ${says}`)
  if (remedy !== null) print(`${' '.repeat(17)}→ ${remedy}`)
}
