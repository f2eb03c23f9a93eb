import { withoutPassword } from './config.ts'

/** Shows a generated password the one time that it is known, with the command that makes a new one. */
export function adminFrame(made: { readonly username: string; readonly password: string }, store: string): string {
  const lines = [
    'The store is new. Its administrator:',
    '',
    `  username  ${made.username}`,
    `  password  ${made.password}`,
    '',
    'It is not shown again. With the server stopped, this sets a new one:',
    `  npx rollcall admin reset --store ${withoutPassword(store)}`,
  ]
  const width = Math.max(...lines.map((line) => line.length))
  const rule = '─'.repeat(width + 2)
  return `┌${rule}┐\n${lines.map((line) => `│ ${line.padEnd(width)} │\n`).join('')}└${rule}┘\n`
}
