import { withoutPassword } from './config.ts'

/** Shows a generated password the one time that it is known, with the command that makes a new one. */
export function adminFrame(made: { readonly username: string; readonly password: string }, store: string): string {
  const lines = [
    'The store is new. Its administrator:',
    '',
    `  username  ${made.username}`,
    `  password  ${made.password}`,
    '',
    ...remedy(store),
  ]
  const width = Math.max(...lines.map((line) => line.length))
  const rule = '─'.repeat(width + 2)
  return `┌${rule}┐\n${lines.map((line) => `│ ${line.padEnd(width)} │\n`).join('')}└${rule}┘\n`
}

function remedy(store: string): readonly string[] {
  if (store === 'memory:') return ['It is not shown again. The store is in memory: all of it goes with the server.']
  const shown = withoutPassword(store)
  // As a shell reads it: a folder's name may have blanks, an address a `?` or a `&`.
  const word = /^[\w:/.@,=+…-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", "'\\''")}'`
  return ['It is not shown again. With the server stopped, this sets a new one:', `  npx rollcall admin reset --store ${word}`]
}
