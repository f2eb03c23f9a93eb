/**
 * A SuperOffice integration on @superoffice/webapi, unchanged. Its CommonJS build is the one that loads in plain Node.
 *   ROLLCALL_URL=http://127.0.0.1:4600 BOT_USERNAME=anna BOT_PASSWORD=… node examples/superoffice-bot.ts
 */
import { createRequire } from 'node:module'

const { WebApi } = createRequire(import.meta.url)('@superoffice/webapi') as typeof import('@superoffice/webapi')

const { ROLLCALL_URL = 'http://127.0.0.1:4600', BOT_USERNAME = '', BOT_PASSWORD = '' } = process.env
const api = new WebApi(`${ROLLCALL_URL}/Cust12345/api/`)
api.authenticateWithPassword(BOT_USERNAME, BOT_PASSWORD)

const basic = `Basic ${Buffer.from(`${BOT_USERNAME}:${BOT_PASSWORD}`).toString('base64')}`
const who = await fetch(`${ROLLCALL_URL}/api/v1/User/currentPrincipal`, { headers: { Authorization: basic } })
if (!who.ok) throw new Error(`currentPrincipal: ${who.status} ${await who.text()}`)
const { AssociateId: associateId } = (await who.json()) as { AssociateId: number }

const users = api.getUserAgent()
await users.setUserPresenceStatusAsync(associateId, { status: 'StatusNotAvailable', message: 'Writing' } as never)
const presence = await users.getUserPresenceStatusAsync(associateId)
console.log(`associate ${associateId}: ${presence.status}, ${presence.message}`)
