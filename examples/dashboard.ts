/**
 * Who is there: everybody first, then only whoever changed since. Polls; a cut or a restarted server loses nothing, the cursor goes on.
 *   ROLLCALL_URL=http://127.0.0.1:4600 BOT_USERNAME=anna BOT_PASSWORD=… node examples/dashboard.ts [--once]
 */
import { setTimeout as wait } from 'node:timers/promises'

const { ROLLCALL_URL = 'http://127.0.0.1:4600', BOT_USERNAME = '', BOT_PASSWORD = '' } = process.env
const POLL_MS = 1_000

interface Changes {
  readonly cursor: string
  readonly full: boolean
  readonly removed: readonly string[]
  readonly presences: readonly { userId: string; availability: string; note?: { text: string; emoji: string } }[]
}

const login = await fetch(`${ROLLCALL_URL}/v1/login`, {
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify({ username: BOT_USERNAME, password: BOT_PASSWORD }),
})
if (!login.ok) throw new Error(`login: ${login.status} ${await login.text()}`)
const headers = { Authorization: `Bearer ${((await login.json()) as { token: string }).token}` }

let since = ''
do {
  const answer = await fetch(`${ROLLCALL_URL}/v1/presence${since}`, { headers })
  if (!answer.ok) throw new Error(`presence: ${answer.status} ${await answer.text()}`)
  const { cursor, full, removed, presences } = (await answer.json()) as Changes
  if (full) console.log(`${presences.length} users:`)
  for (const { userId, availability, note } of presences) console.log(`${userId}  ${availability}  ${note?.text ?? ''}`.trimEnd())
  for (const userId of removed) console.log(`${userId}  removed`)
  since = `?since=${encodeURIComponent(cursor)}`
} while (!process.argv.includes('--once') && (await wait(POLL_MS, true)))
