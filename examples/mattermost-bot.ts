/**
 * A Mattermost bot on @mattermost/client, unchanged: it only talks to another address.
 *   ROLLCALL_URL=http://127.0.0.1:4600 BOT_USERNAME=anna BOT_PASSWORD=… node examples/mattermost-bot.ts
 */
import { Client4 } from '@mattermost/client'

const { ROLLCALL_URL = 'http://127.0.0.1:4600', BOT_USERNAME = '', BOT_PASSWORD = '' } = process.env
const client = new Client4()
client.setUrl(ROLLCALL_URL)

const me = await client.login(BOT_USERNAME, BOT_PASSWORD)
const inAnHour = Math.floor(Date.now() / 1000) + 3600
await client.updateStatus({ user_id: me.id, status: 'dnd', dnd_end_time: inAnHour } as never)
await client.updateCustomStatus({ emoji: 'books', text: 'Writing', duration: '' } as never)

const { status, dnd_end_time } = await client.getStatus(me.id)
console.log(`${me.username} is ${status} until ${new Date((dnd_end_time ?? 0) * 1000).toISOString()}`)
