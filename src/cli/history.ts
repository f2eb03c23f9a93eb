import { Command } from 'commander'
import { allOf } from '../client/pages.ts'
import { type Answer, connect } from './server.ts'
import { example, print, printTable } from './terminal.ts'

/** What a user's presence was, and who did what. */
export function historyCommand(): Command {
  return new Command('history')
    .argument('[user]')
    .description('show when a user’s status became another one, the newest first (default: yours)')
    .option('--from <time>', 'from this time on, like 2027-01-31T00:00:00Z')
    .option('--to <time>', 'before this time')
    .option('--at <time>', 'only what it was at this time')
    .option('--json', 'answer as JSON lines')
    .addHelpText('after', example('rollcall history anna', 'rollcall history --json > history.jsonl'))
    .action(async (user: string | undefined, { from, to, at, json }) => {
      const server = await connect()
      const path = `/v1/presence/${encodeURIComponent(user ?? 'me')}`
      const passages = at
        ? [{ at, presence: await server.call('GET', `${path}?at=${encodeURIComponent(at)}`) }]
        : allOf(server.call, `${path}/history${queryOf({ from, to })}`, 'passages')
      const rows = [['AT', 'STATUS', 'FROM', 'BY', 'NOTE']]
      for await (const passage of passages) {
        if (json) print(JSON.stringify(passage))
        else rows.push(rowOf(passage))
      }
      if (!json) printTable(rows)
    })
}

export function auditCommand(): Command {
  return new Command('audit')
    .description('show who did what, the newest first: users, tokens, settings, and the status of others')
    .option('-u, --user <user>', 'whom it concerns')
    .option('--by <user>', 'who did it')
    .option('--kind <kind>', 'what was done, like user.created or presence.set')
    .option('--from <time>', 'from this time on, like 2027-01-31T00:00:00Z')
    .option('--to <time>', 'before this time')
    .option('--json', 'answer as JSON lines')
    .addHelpText('after', example('rollcall audit --kind user.created'))
    .action(async ({ json, ...asked }) => {
      const rows = [['AT', 'KIND', 'BY', 'USER', 'DETAILS']]
      for await (const entry of allOf((await connect()).call, `/v1/audit${queryOf(asked)}`, 'entries')) {
        const { at, kind, by, userId, target, details } = entry
        if (json) print(JSON.stringify(entry))
        else
          rows.push([at, kind, by ?? '-', userId ?? '-', [target, details && JSON.stringify(details)].filter(Boolean).join(' ')])
      }
      if (!json) printTable(rows)
    })
}

function rowOf({ at, by, presence: { availability, activity, source, note } }: Answer): string[] {
  const status = activity ? `${availability} (${activity.replaceAll('_', ' ')})` : availability
  return [at, status, source, by ?? '-', [note?.emoji && `:${note.emoji}:`, note?.text].filter(Boolean).join(' ')]
}

function queryOf(asked: Readonly<Record<string, string | undefined>>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(asked)) if (value !== undefined) query.set(name, value)
  return query.size === 0 ? '' : `?${query.toString()}`
}
