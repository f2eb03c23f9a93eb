import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { Failure } from '../core/errors.ts'

/** Standard output, for people, or with `--json` for programs. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** The same in words, or, with `--json`, as JSON. */
export function printAs(json: boolean | undefined, value: unknown, words: string): void {
  if (json) printJson(value)
  else print(words)
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2))
}

/** Columns as wide as their widest cell, the last one as it is. */
export function printTable(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  for (const row of rows) {
    print(row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('  '))
  }
}

/** The end of a command's help: how it is typed. */
export function example(...commands: readonly string[]): string {
  return `\n${commands.length === 1 ? 'Example' : 'Examples'}:\n${commands.map((command) => `  ${command}`).join('\n')}`
}

/** Asks on a terminal without showing what is typed; elsewhere reads the next line of standard input. */
export async function askSecret(question: string): Promise<string> {
  const answer = process.stdin.isTTY ? await askOnTerminal(question, true) : await readLine()
  if (answer !== '') return answer
  throw new Failure('invalid', 'The password is empty. Type it when asked, or send it on standard input.')
}

export async function ask(question: string): Promise<string> {
  if (process.stdin.isTTY) return askOnTerminal(question, false)
  throw new Failure('invalid', `There is no terminal to ask "${question.trim()}" on. Say it as an option; see --help.`)
}

async function askOnTerminal(question: string, hidden: boolean): Promise<string> {
  process.stderr.write(question)
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const terminal = createInterface({ input: process.stdin, output: hidden ? silent : process.stderr, terminal: true })
  try {
    return await terminal.question('')
  } finally {
    terminal.close()
    if (hidden) process.stderr.write('\n')
  }
}

/** Lines of a standard input that is no terminal, one for each question. */
let lines: AsyncIterator<string> | null = null

async function readLine(): Promise<string> {
  lines ??= createInterface({ input: process.stdin })[Symbol.asyncIterator]()
  const { value, done } = await lines.next()
  return done ? '' : value
}
