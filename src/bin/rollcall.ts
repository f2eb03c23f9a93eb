#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import { loginCommand, logoutCommand, tokenCommand } from '../cli/access.ts'
import { statusCommand } from '../cli/status.ts'
import { adminCommand, backupCommand, exportCommand, importCommand } from '../cli/store.ts'
import { tryCommand } from '../cli/try.ts'
import { userCommand } from '../cli/user.ts'
import { serveCommand } from './command.ts'
import { refuse } from './refuse.ts'
import { stoppedStores } from './stores.ts'

const program = new Command('rollcall')
  .description('One presence server that speaks everybody’s dialect.')
  .exitOverride()
  .addCommand(serveCommand())
  .addCommand(tryCommand())
  .addCommand(loginCommand())
  .addCommand(logoutCommand())
  .addCommand(statusCommand())
  .addCommand(userCommand())
  .addCommand(tokenCommand())
  .addCommand(adminCommand(stoppedStores))
  .addCommand(backupCommand(stoppedStores))
  .addCommand(exportCommand(stoppedStores))
  .addCommand(importCommand(stoppedStores))

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode
  else refuse(error)
}
