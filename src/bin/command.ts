import { Command } from 'commander'
import { example } from '../cli/terminal.ts'
import { flagOf, readConfig, VARIABLES, type Variable } from './config.ts'

const NAMES = Object.keys(VARIABLES) as Variable[]

/** `rollcall serve`: one flag for each environment variable of the same name. */
export function serveCommand(): Command {
  const command = new Command('serve').description('start the server; each flag is also an environment variable, which it beats')
  for (const name of NAMES) command.option(`${flagOf(name)} <value>`, `${VARIABLES[name]} [${name}]`)
  command.addHelpText('after', example('rollcall serve --port 8080 --store file:/var/lib/rollcall --log pretty'))
  return command.exitOverride().action(async (options: Readonly<Record<string, string>>) => {
    const given = NAMES.flatMap((name) => {
      const value = options[optionOf(name)]
      return value === undefined ? [] : [[name, value] as const]
    })
    const config = readConfig(process.env, Object.fromEntries(given))
    // Only here: the other commands start faster without all of the server.
    const { serveAll } = await import('./workers.ts')
    await serveAll(config)
  })
}

/** Commander's own name for a flag: `--rate-limit` is `rateLimit`. */
const optionOf = (name: Variable): string =>
  flagOf(name)
    .slice('--'.length)
    .replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
