import { Readable } from 'node:stream'
import { Type } from 'typebox'
import type { People, User } from '../../core/accounts.ts'
import { Failure } from '../../core/errors.ts'
import type { Subjects } from '../../core/ports.ts'
import type { Principal } from '../../core/principal.ts'
import type { Services } from '../../core/service.ts'
import { letTakeTime } from '../../http/patience.ts'
import { type Route, route } from '../../http/route.ts'
import { importUsers, type Outcome } from './import.ts'
import { linesOf } from './lines.ts'
import { type PasswordLink, type PasswordLinkOut, passwordLinkOut, userOut } from './translate.ts'

/** JSON lines; the one route that takes them, as the router knows it. */
export const LINES_TYPE = 'application/x-ndjson'
export const IMPORT_PATH = '/v1/users::import'

const Lines = Type.String({ contentMediaType: LINES_TYPE, description: 'One JSON object a line.' })

/** Users in bulk, as JSON lines. */
export function bulkRoutes({ people, administration, log }: Services, subjects: Subjects): readonly Route[] {
  return [
    route({
      rule: 'N44',
      method: 'POST',
      path: IMPORT_PATH,
      access: 'user',
      rate: 'read',
      permission: 'manage-users',
      summary: 'Make and change users, one for each line',
      answers: { 200: Lines },
      refuses: [415],
      reads: { body: Lines },
      handle({ principal, body, request, reply }) {
        assertAdministers(principal)
        if (body !== undefined && !(body instanceof Readable))
          throw new Failure('unsupported_media', `Users are read as lines, of the content type ${LINES_TYPE}.`)
        const chunks: AsyncIterable<Uint8Array> = body ?? Readable.from([])
        const linkOut = (link: PasswordLink): PasswordLinkOut => passwordLinkOut(request, link)
        const parts = { people, administration: administration.as(principal), log, linkOut }
        const outcomes = importUsers(linesOf(chunks), parts)
        const ended = letTakeTime(request.raw.socket)
        return reply.header('Content-Type', LINES_TYPE).send(Readable.from(reportOf(outcomes, ended)))
      },
    }),
    route({
      rule: 'N46',
      method: 'GET',
      path: '/v1/users::export',
      access: 'user',
      rate: 'read',
      permission: 'manage-users',
      summary: 'Stream all users as lines that can be imported',
      answers: { 200: Lines },
      handle({ principal, reply }) {
        assertAdministers(principal)
        const text = Readable.from(usersAsLines(people, subjects, principal), { objectMode: false })
        return reply.header('Content-Type', LINES_TYPE).send(text)
      },
    }),
  ]
}

/** A line for each outcome, and at the end one with how many there were of each: without it the report is not whole. */
async function* reportOf(outcomes: AsyncIterable<Outcome>, ended: () => void): AsyncGenerator<string> {
  const counts = { created: 0, updated: 0, unchanged: 0, refused: 0 }
  try {
    for await (const outcome of outcomes) {
      counts[outcome.result]++
      yield `${JSON.stringify(outcome)}\n`
    }
    yield `${JSON.stringify({ done: true, ...counts })}\n`
  } finally {
    ended()
  }
}

/** Characters gathered before they are sent. */
const PIECE_LENGTH = 65_536

/** In the order of their slots, which users keep for life: whoever stays is there once. */
function* usersAsLines(people: People, subjects: Subjects, { reach }: Principal): Generator<string> {
  let piece = ''
  for (let slot = 0; slot < subjects.slots; slot++) {
    const userId = subjects.idAt(slot)
    const user = userId === null || reach?.has(userId) === false ? null : people.get(userId)
    if (user !== null) piece += `${JSON.stringify(importable(user))}\n`
    if (piece.length < PIECE_LENGTH) continue
    yield piece
    piece = ''
  }
  yield piece
}

/** What an import takes of a user: all but the password and the times. */
function importable(user: User): object {
  return { ...userOut(user, { withEmail: true }), createdAt: undefined, updatedAt: undefined }
}

function assertAdministers({ scopes }: Principal): void {
  if (!scopes.has('admin')) throw new Failure('forbidden', 'This token lacks the scope "admin".', { reason: 'scope_missing' })
}
