/**
 * A Rocket.Chat integration on @rocket.chat/api-client, unchanged.
 *   ROLLCALL_URL=http://127.0.0.1:4600 BOT_USERNAME=anna BOT_PASSWORD=… node examples/rocketchat-bot.ts
 */
import { RestClient } from '@rocket.chat/api-client'

const { ROLLCALL_URL = 'http://127.0.0.1:4600', BOT_USERNAME = '', BOT_PASSWORD = '' } = process.env
const login = await fetch(`${ROLLCALL_URL}/api/v1/login`, {
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify({ user: BOT_USERNAME, password: BOT_PASSWORD }),
})
const { data } = (await login.json()) as { data: { userId: string; authToken: string } }

const client = new RestClient({
  baseUrl: ROLLCALL_URL,
  credentials: { 'X-User-Id': data.userId, 'X-Auth-Token': data.authToken },
})
await client.post('/v1/users.setStatus' as never, { status: 'busy', message: ':books: Writing' } as never)
const { users } = await client.get('/v1/users.presence', { ids: [data.userId] })
console.log(users.map(({ username, status, statusText }) => `${username} is ${status}: ${statusText}`).join('\n'))
