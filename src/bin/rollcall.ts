#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import { serveCommand } from './command.ts'
import { refuse } from './refuse.ts'

const program = new Command('rollcall')
  .description('One presence server that speaks everybody’s dialect.')
  .exitOverride()
  .addCommand(serveCommand())
// The other commands (src/cli) are added here: they use a running server, or a stopped store.

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode
  else refuse(error)
}
