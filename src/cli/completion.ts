import { Command } from 'commander'
import { example, print } from './terminal.ts'

const SHELLS = ['bash', 'zsh', 'fish'] as const

/** Completion of commands and options, generated from the program itself. */
export function completionCommand(program: () => Command): Command {
  const command = new Command('completion').description('a script by which a shell completes commands and options')
  for (const shell of SHELLS)
    command
      .command(shell)
      .description(`for ${shell}`)
      .addHelpText('after', example(USES[shell]))
      .action(() => print(SCRIPTS[shell](wordsUnder(program(), ''))))
  return command
}

const USES: Readonly<Record<(typeof SHELLS)[number], string>> = {
  bash: 'source <(rollcall completion bash)',
  zsh: 'rollcall completion zsh > _rollcall',
  fish: 'rollcall completion fish > rollcall.fish',
}

/** What may follow a command: its path (empty: the program itself), commands within it, and its options. */
interface Place {
  readonly path: string
  readonly commands: readonly { readonly name: string; readonly description: string }[]
  readonly options: readonly string[]
}

function wordsUnder(command: Command, path: string): Place[] {
  const commands = command.commands.map((inner) => ({ name: inner.name(), description: inner.description() }))
  const options = [...command.options.flatMap(({ long }) => (long == null ? [] : [long])), '--help']
  const inner = command.commands.flatMap((one) => wordsUnder(one, path === '' ? one.name() : `${path} ${one.name()}`))
  return [{ path, commands, options }, ...inner]
}

const wordsOf = ({ commands, options }: Place): string => [...commands.map(({ name }) => name), ...options].join(' ')

/** The path is what was typed up to the cursor, as far as it names commands. */
const bash = (places: readonly Place[]): string => `_rollcall() {
  local path='' word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "\${path:+$path }$word" in
${places
  .filter(({ path }) => path !== '')
  .map(({ path }) => `      '${path}') path='${path}' ;;`)
  .join('\n')}
    esac
  done
  local words=''
  case "$path" in
${places.map((place) => `    '${place.path}') words='${wordsOf(place)}' ;;`).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
  [ \${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _rollcall rollcall`

const zsh = (places: readonly Place[]): string => `#compdef rollcall
autoload -U +X bashcompinit && bashcompinit
${bash(places)}`

const fish = (places: readonly Place[]): string =>
  places
    .flatMap(({ path, commands, options }) => {
      const seen =
        path === ''
          ? '__fish_use_subcommand'
          : path
              .split(' ')
              .map((word) => `__fish_seen_subcommand_from ${word}`)
              .join('; and ')
      const inner = commands.map(
        ({ name, description }) => `complete -c rollcall -f -n '${seen}' -a ${name} -d '${quoted(description)}'`,
      )
      return [...inner, ...options.map((option) => `complete -c rollcall -n '${seen}' -l ${option.slice('--'.length)}`)]
    })
    .join('\n')

const quoted = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")

const SCRIPTS = { bash, zsh, fish } as const
