import { createProgress } from '../progress.ts'
import { print } from '../terminal.ts'
import type { Outcome } from './importing.ts'

/** Words for the results that there were, in this order. */
const WORDS: Readonly<Record<Outcome['result'], string>> = {
  'would create': 'would be added',
  'would match': 'would be joined with who is here',
  created: 'added',
  updated: 'joined with who was here',
  unchanged: 'as they were',
  ambiguous: 'ambiguous',
  refused: 'refused',
}

/** Tells what became of a list: problems on standard error, links and the sum on standard output; or a JSON line for each entry. */
export async function reportPeople(outcomes: AsyncIterable<Outcome>, { json }: { readonly json: boolean }): Promise<void> {
  const counts = new Map<Outcome['result'], number>()
  let [done, withoutPassword, administered] = [0, 0, 0]
  const progress = createProgress()
  for await (const outcome of outcomes) {
    counts.set(outcome.result, (counts.get(outcome.result) ?? 0) + 1)
    if (outcome.withoutPassword) withoutPassword++
    if (outcome.administered) administered++
    progress.tell('entries', ++done, null)
    if (json) print(JSON.stringify(outcome))
    else tell(outcome)
  }
  progress.end()
  if (counts.has('refused') || counts.has('ambiguous')) process.exitCode = 1
  if (json) return
  const told = Object.entries(WORDS).flatMap(([result, words]) => {
    const count = counts.get(result as Outcome['result'])
    return count === undefined ? [] : [`${count} ${words}`]
  })
  print(`${told.join(', ') || 'nobody in the list'}.`)
  if (withoutPassword > 0)
    print(`${withoutPassword} without a password: --links makes links to set one, or for one user: rollcall user link`)
  if (administered > 0) print(`${administered} administered it there. Nobody became an administrator here.`)
}

function tell({ line, username, result, why, passwordLink }: Outcome): void {
  if (passwordLink !== undefined) print(`${username}  ${passwordLink.url}`)
  if (result !== 'refused' && result !== 'ambiguous') return
  process.stderr.write(`line ${line}${username === undefined ? '' : ` (${username})`}: ${why}\n`)
}
