/**
 * Gives each call to whoever of a group is free and was not called for the longest; when nobody is, to the first who will be.
 *   BOT_USERNAME=admin BOT_PASSWORD=… node examples/on-call.ts support 3
 */
import { connect, Failure, logIn, type ShownPresence } from 'rollcall/client'

const { ROLLCALL_URL = 'http://127.0.0.1:4600', BOT_USERNAME = '', BOT_PASSWORD = '' } = process.env
const [group = 'support', calls = '1'] = process.argv.slice(2)

const rollcall = connect({ url: ROLLCALL_URL, token: await logIn(ROLLCALL_URL, BOT_USERNAME, BOT_PASSWORD) })

/** Null: nobody is free. */
async function firstAvailable(): Promise<string | null> {
  try {
    return (await rollcall.call('POST', `/v1/groups/${group}/first-available`)).presence.userId
  } catch (error) {
    if (error instanceof Failure && error.reason === 'nobody_free') return null
    throw error
  }
}

/** Watches the members until one of them is online. */
async function somebodyFree(): Promise<void> {
  const { presences } = await rollcall.call('GET', `/v1/groups/${group}/members`)
  await new Promise<void>((resolve) => {
    const told = (presence: ShownPresence | null): void => void (presence?.availability === 'online' && resolve())
    rollcall.watch(
      presences.map(({ userId }: ShownPresence) => userId),
      told,
    )
  })
}

for (let call = 1; call <= Number(calls); call++) {
  let userId = await firstAvailable()
  while (userId === null) {
    console.log(`call ${call} waits: nobody is free`)
    await somebodyFree()
    userId = await firstAvailable()
  }
  const { username } = await rollcall.call('GET', `/v1/users/${userId}`)
  console.log(`call ${call} goes to ${username}`)
}
rollcall.close()
