import { signal } from '@preact/signals'
import { administer, type FarAdministration } from '../client/administration.ts'
import { type Client, connect, Failure, type LineState, logIn } from '../client/client.ts'
import { createEmoji, type Emoji } from './emoji.ts'
import { createPeople, type People, type User } from './people.ts'
import { createPresent, type Present } from './present.ts'
import { kept } from './settled.ts'

/** What the whole console stands on while somebody is signed in. */
export interface Session {
  readonly client: Client
  readonly administration: FarAdministration
  readonly me: User
  readonly people: People
  readonly emoji: Emoji
  readonly present: Present
  /** An address outside of the native API that answers text; null: it may not be read. */
  read(path: string): Promise<string | null>
}

/** Null: nobody is signed in. */
export const session = signal<Session | null>(null)
/** How the connection stands, and since when what is seen is old. */
export const line = signal<{ readonly state: LineState; readonly liveAt: number }>({ state: 'idle', liveAt: 0 })
/** Why somebody who was signed in is not any more. */
export const goodbye = signal<'ended' | null>(null)

const SERVER = location.origin

// A network that went is known before the connection is missed.
addEventListener('offline', () => {
  if (line.value.state === 'live') line.value = { ...line.value, liveAt: Date.now() }
})
const token = kept('token', () => sessionStorage)

/** Throws Failure `unauthenticated`, `too_many`, `unavailable`. */
export async function signIn(username: string, password: string): Promise<void> {
  await open(await logIn(SERVER, username, password))
}

/** With a token that somebody has already. Throws as `signIn`. */
export async function open(secret: string): Promise<void> {
  let ended: Failure | null = null
  const client = connect({
    url: SERVER,
    token: secret,
    onState(state, failure) {
      // What is shown is as old as the last moment of the connection.
      const isFresh = state === 'live' || line.value.state === 'live'
      line.value = { state, liveAt: isFresh ? Date.now() : line.value.liveAt }
      if (state === 'live') people?.comeBack()
      if (state === 'ended') {
        ended = failure
        leave('ended')
      }
    },
  })
  let people: People | null = null
  const administration = administer(client)
  const me = await administration.user('me')
  people = createPeople(client, administration)
  if (ended !== null) throw ended
  token.write(secret)
  goodbye.value = null
  session.value = {
    client,
    administration,
    me,
    people,
    emoji: createEmoji(SERVER),
    present: createPresent(client),
    read: reader(secret),
  }
}

const reader = (secret: string) => async (path: string) => {
  const answer = await fetch(new URL(path, SERVER), { headers: { Authorization: `Bearer ${secret}` } })
  return answer.ok ? answer.text() : null
}

/** Whoever loads the page again is still signed in. */
export async function resume(): Promise<void> {
  const secret = token.read()
  if (secret === null) return
  try {
    await open(secret)
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'unauthenticated') throw error
    token.write(null)
    goodbye.value = 'ended'
  }
}

/** Ends the token, too. */
export async function signOut(): Promise<void> {
  const opened = session.value
  leave(null)
  await opened?.client.call('POST', '/v1/logout').catch(() => undefined)
}

function leave(why: 'ended' | null): void {
  const opened = session.value
  if (opened === null) return
  token.write(null)
  goodbye.value = why
  session.value = null
  opened.present.stop()
  opened.people.stop()
  opened.client.close()
  line.value = { state: 'idle', liveAt: 0 }
}
