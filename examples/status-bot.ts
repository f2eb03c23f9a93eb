/**
 * Says that its user is focusing while a command runs, and takes it back when that ends.
 *   BOT_USERNAME=anna BOT_PASSWORD=… node examples/status-bot.ts npm test
 */
import { spawnSync } from 'node:child_process'
import { connect, logIn } from 'rollcall/client'

const { ROLLCALL_URL = 'http://127.0.0.1:4600', BOT_USERNAME = '', BOT_PASSWORD = '' } = process.env
const [command = 'true', ...args] = process.argv.slice(2)
/** Should this program be killed, the status ends by itself. */
const ENDS_MS = 3_600_000

const rollcall = connect({ url: ROLLCALL_URL, token: await logIn(ROLLCALL_URL, BOT_USERNAME, BOT_PASSWORD) })
const until = new Date(Date.now() + ENDS_MS)
await rollcall.setNote('me', { text: `Running ${command}`, emoji: 'hourglass', until })
const { availability, activity } = await rollcall.setAvailability('me', 'busy', { activity: 'focusing', until })
console.log(`${BOT_USERNAME} is ${availability}, ${activity}`)

const { status } = spawnSync(command, args, { stdio: 'inherit' })

await rollcall.withdrawNote('me')
const after = await rollcall.withdrawAvailability('me')
console.log(`${BOT_USERNAME} is ${after.availability}`)
process.exitCode = status ?? 1
