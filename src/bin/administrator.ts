/** Shows a generated password the one time that it is known. */
export function adminFrame({ username, password }: { readonly username: string; readonly password: string }): string {
  const lines = [
    'The store is new. Its administrator:',
    '',
    `  username  ${username}`,
    `  password  ${password}`,
    '',
    'It is not shown again. On a stopped server this sets a new one:',
    '  rollcall admin reset',
  ]
  const width = Math.max(...lines.map((line) => line.length))
  const rule = '─'.repeat(width + 2)
  return `┌${rule}┐\n${lines.map((line) => `│ ${line.padEnd(width)} │\n`).join('')}└${rule}┘\n`
}
