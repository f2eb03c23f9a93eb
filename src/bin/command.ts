import { Command } from 'commander'
import { flagOf, readConfig, VARIABLES, type Variable } from './config.ts'
import { serve } from './serve.ts'

const NAMES = Object.keys(VARIABLES) as Variable[]

/** `rollcall serve`: one flag for each environment variable of the same name. */
export function serveCommand(): Command {
  const command = new Command('serve').description('start the server; each flag is also an environment variable')
  for (const name of NAMES) command.option(`${flagOf(name)} <value>`, `${VARIABLES[name]} [${name}]`)
  return command.exitOverride().action(async (options: Readonly<Record<string, string>>) => {
    const given = NAMES.flatMap((name) => {
      const value = options[optionOf(name)]
      return value === undefined ? [] : [[name, value] as const]
    })
    await serve(readConfig(process.env, Object.fromEntries(given)))
  })
}

/** Commander's own name for a flag: `--rate-limit` is `rateLimit`. */
const optionOf = (name: Variable): string =>
  flagOf(name)
    .slice('--'.length)
    .replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
