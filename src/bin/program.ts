import { Command, CommanderError } from 'commander'
import { loginCommand, logoutCommand, tokenCommand } from '../cli/access.ts'
import { benchCommand } from '../cli/bench.ts'
import { completionCommand } from '../cli/completion.ts'
import { doctorCommand } from '../cli/doctor.ts'
import { groupCommand } from '../cli/group.ts'
import { auditCommand, historyCommand } from '../cli/history.ts'
import { statusCommand } from '../cli/status.ts'
import { adminCommand, backupCommand, exportCommand, importCommand, migrateCommand } from '../cli/store.ts'
import { tryCommand } from '../cli/try.ts'
import { userCommand } from '../cli/user.ts'
import { watchCommand } from '../cli/watch.ts'
import { webhookCommand } from '../cli/webhook.ts'
import { whyCommand } from '../cli/why.ts'
import { serveCommand } from './command.ts'
import { readSettings } from './diagnosis.ts'
import { refuse } from './refuse.ts'
import { stoppedStores } from './stores.ts'
import { VERSION } from './version.ts'

const program = new Command('rollcall')
  .description('One presence server that speaks everybody’s dialect.')
  .version(VERSION)
  .exitOverride()
  .addCommand(serveCommand())
  .addCommand(tryCommand())
  .addCommand(loginCommand())
  .addCommand(logoutCommand())
  .addCommand(statusCommand())
  .addCommand(whyCommand())
  .addCommand(watchCommand())
  .addCommand(historyCommand())
  .addCommand(auditCommand())
  .addCommand(userCommand())
  .addCommand(groupCommand())
  .addCommand(tokenCommand())
  .addCommand(webhookCommand())
  .addCommand(doctorCommand(readSettings))
  .addCommand(benchCommand())
  .addCommand(adminCommand(stoppedStores))
  .addCommand(backupCommand(stoppedStores))
  .addCommand(exportCommand(stoppedStores))
  .addCommand(importCommand(stoppedStores))
  .addCommand(migrateCommand(stoppedStores))
  .addCommand(completionCommand(() => program))

speakAsOne(program, program.name())

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') refuse(error)
  // Whoever reads has seen enough, as `head` has. A server goes on.
  if (process.argv[2] !== 'serve') process.exit(0)
})

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode
  else refuse(error)
}

/** Every command refuses in the program's name, and says where its help is. */
function speakAsOne(command: Command, path: string): void {
  command.configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'rollcall: ')) })
  command.showHelpAfterError(`More: ${path} --help`)
  for (const inner of command.commands) speakAsOne(inner, `${path} ${inner.name()}`)
}
