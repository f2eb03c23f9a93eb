import { Command } from 'commander'
import { LANGUAGES, type Language } from '../core/tongues.ts'
import { connect } from './server.ts'
import { example, print, printJson, printTable } from './terminal.ts'

export function whyCommand(): Command {
  return new Command('why')
    .argument('[user]')
    .description('say in a sentence why a user’s status is what it is, and what speaks for another (default: yours)')
    .option('--zone <name>', 'tell times as in this time zone, like Europe/Berlin (default: the user’s)')
    .option('--json', 'answer as JSON')
    .addHelpText('after', example('rollcall why anna'))
    .action(async (user: string | undefined, { zone, json }) => {
      const query = new URLSearchParams({ lang: spokenHere(), ...(zone !== undefined && { zone }) })
      const path = `/v1/presence/${encodeURIComponent(user ?? 'me')}/explain?${query.toString()}`
      const explanation = await (await connect()).call('GET', path)
      if (json) return printJson(explanation)
      print(explanation.sentence)
      const { facts } = explanation
      if (facts.length === 0) return
      const rows = facts.map((fact: Readonly<Record<string, unknown>>) => COLUMNS.map((name) => cellOf(fact[name])))
      print('')
      printTable([HEADINGS, ...rows])
    })
}

/** As the terminal is set, like `de_DE.UTF-8`; English for what the server does not speak. */
function spokenHere(): Language {
  const { LC_ALL, LC_MESSAGES, LANG } = process.env
  const set = LC_ALL || LC_MESSAGES || LANG || ''
  return LANGUAGES.find((language) => set.split(/[_.@]/)[0] === language) ?? 'en'
}

const COLUMNS = ['kind', 'says', 'since', 'until', 'role', 'rule', 'lostTo'] as const

const HEADINGS = ['KIND', 'SAYS', 'SINCE', 'UNTIL', 'GIVES', 'RULE', 'LOST TO']

const cellOf = (value: unknown): string => (typeof value === 'string' ? value : value == null ? '' : JSON.stringify(value))
