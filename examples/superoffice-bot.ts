/**
 * A SuperOffice integration on @superoffice/webapi, unchanged. Its CommonJS build is the one that loads in plain Node.
 *   ROLLCALL_URL=http://127.0.0.1:4600 ROLLCALL_USERNAME=anna ROLLCALL_PASSWORD=… ASSOCIATE_ID=1 node examples/superoffice-bot.ts
 */
import { createRequire } from 'node:module'

const { WebApi } = createRequire(import.meta.url)('@superoffice/webapi') as typeof import('@superoffice/webapi')

const { ROLLCALL_URL = 'http://127.0.0.1:4600', ROLLCALL_USERNAME = '', ROLLCALL_PASSWORD = '', ASSOCIATE_ID = '1' } = process.env
const api = new WebApi(`${ROLLCALL_URL}/Cust12345/api/`)
api.authenticateWithPassword(ROLLCALL_USERNAME, ROLLCALL_PASSWORD)

const users = api.getUserAgent()
await users.setUserPresenceStatusAsync(Number(ASSOCIATE_ID), { status: 'StatusNotAvailable', message: 'Writing' } as never)
const presence = await users.getUserPresenceStatusAsync(Number(ASSOCIATE_ID))
console.log(`associate ${ASSOCIATE_ID}: ${presence.status}, ${presence.message}`)
