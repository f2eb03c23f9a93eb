import { Command } from 'commander'
import { type Answer, connect } from './server.ts'
import { example, print, printAs, printJson, printTable } from './terminal.ts'

export function webhookCommand(): Command {
  const command = new Command('webhook').description('programs elsewhere that are told by HTTP what changes')
  command
    .command('list')
    .description('list webhooks')
    .option('--json', 'answer as JSON')
    .addHelpText('after', example('rollcall webhook list'))
    .action(async ({ json }) => {
      const { webhooks } = await (await connect()).call('GET', '/v1/webhooks')
      if (json) return printJson(webhooks)
      const rows = webhooks.map((webhook: Answer) => [webhook.id, stateOf(webhook), webhook.name || '–', webhook.url])
      printTable([['ID', 'STATE', 'NAME', 'URL'], ...rows])
    })
  command
    .command('add <url>')
    .description('tell a program at an address what changes, and show the secret that signs it, this once')
    .option('--name <name>', 'what it is called')
    .option('--user <user...>', 'the only users to tell of, with those of --group')
    .option('--group <group...>', 'groups of users to tell of')
    .option('--availability <word...>', 'only who becomes this: online, away, busy, dnd or offline')
    .option('--json', 'answer as JSON')
    .addHelpText('after', example('rollcall webhook add https://example.org/hooks --user anna'))
    .action(async (url: string, { name, user, group, availability, json }) => {
      const wanted = { url, name, users: user, groups: group, availabilities: availability }
      const made = await (await connect()).call('POST', '/v1/webhooks', wanted)
      if (json) return printJson(made)
      print(made.secret)
      process.stderr.write(`This is the secret of the webhook ${made.id}. It is not shown again.\n`)
    })
  command
    .command('test <id>')
    .description('send it a message that tells of nobody, and see what becomes of it')
    .option('--json', 'answer as JSON')
    .addHelpText('after', example('rollcall webhook test "$WEBHOOK"'))
    .action(async (id: string, { json }) => {
      const tried = await (await connect()).call('POST', `${pathOf(id)}/test`)
      if (json) printJson(tried)
      else print(inWords(tried))
      if (tried.why !== null) process.exitCode = 1
    })
  command
    .command('deliveries <id>')
    .description('what became of its messages: those of this process, and those that were given up')
    .option('--json', 'answer as JSON')
    .addHelpText('after', example('rollcall webhook deliveries "$WEBHOOK"'))
    .action(async (id: string, { json }) => {
      const deliveries = await (await connect()).call('GET', `${pathOf(id)}/deliveries`)
      if (json) return printJson(deliveries)
      const { recent, dead, waiting, failingSince } = deliveries
      for (const tried of recent) print(`${tried.at}  ${tried.messageId}  ${inWords(tried)}`)
      for (const letter of dead) print(`${letter.at}  ${letter.messageId}  given up after ${letter.tries} tries: ${letter.why}`)
      print(`${waiting} users wait.${failingSince === null ? '' : ` Nothing was taken since ${failingSince}.`}`)
    })
  command
    .command('remove <id>')
    .description('delete a webhook; `rollcall webhook list` tells its id')
    .option('--json', 'answer as JSON')
    .addHelpText('after', example('rollcall webhook remove "$WEBHOOK"'))
    .action(async (id: string, { json }) => {
      await (await connect()).call('DELETE', pathOf(id))
      printAs(json, { id }, `Webhook ${id} is deleted.`)
    })
  return command
}

const pathOf = (id: string): string => `/v1/webhooks/${encodeURIComponent(id)}`

const stateOf = ({ active, disabled }: Answer): string => (disabled ? `switched off: ${disabled.why}` : active ? 'active' : 'off')

const inWords = ({ status, why, tookMs }: Answer): string => (why === null ? `taken with ${status} in ${tookMs} ms` : why)
