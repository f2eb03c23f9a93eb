import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { Failure } from '../../core/errors.ts'
import type { Answer, Server } from '../server.ts'
import { createMatching, type Decision, type Matching, type Present } from './matching.ts'
import { known, type Listed, type ListedPerson } from './person.ts'

/** What became of an entry, or would. */
export interface Outcome {
  readonly line: number
  readonly username?: string
  readonly result: 'created' | 'updated' | 'unchanged' | 'refused' | 'ambiguous' | 'would create' | 'would match'
  /** Why an entry is somebody who is here. */
  readonly by?: 'id' | 'email' | 'username'
  readonly id?: string
  readonly why?: string
  readonly passwordLink?: { readonly url: string; readonly until: string }
  /** Has no password, nor a link to set one. */
  readonly withoutPassword?: boolean
  readonly administered?: boolean
}

export interface ImportingParts {
  readonly server: Server
  readonly people: AsyncIterable<NonNullable<Listed>>
  /** Only says what would be done. */
  readonly dryRun: boolean
  /** Makes a link for whoever comes without a password. */
  readonly links: boolean
  /** Gives users another number where a listed one is theirs. */
  readonly renumber: boolean
}

type Sent = { readonly person: ListedPerson; readonly by?: Outcome['by'] }

/** Brings a list in: whoever is here gets the ids of the list, and what was not known; nobody is overwritten, nobody guessed. */
export async function* importPeople(parts: ImportingParts): AsyncGenerator<Outcome> {
  const matching = createMatching(await everybody(parts.server))
  const sent: Sent[] = []
  let aside: Outcome[] = []
  let failure: unknown = null

  /** The lines that the server is to read; in a trial none, but still one by one. */
  async function* lines(): AsyncGenerator<string> {
    try {
      for await (const listed of parts.people) {
        const step = await stepFor(listed, matching, parts)
        if ('line' in step) aside.push(step)
        else sent.push(step.sent)
        yield 'line' in step ? '' : step.text
      }
    } catch (error) {
      failure = error
      throw error
    }
  }

  function* taken(): Generator<Outcome> {
    const all = aside
    aside = []
    yield* all
  }

  if (parts.dryRun) for await (const _ of lines()) yield* taken()
  else {
    try {
      for await (const answer of reportOf(parts.server, lines())) {
        yield* taken()
        const entry = answer.done === true ? undefined : sent.shift()
        if (entry !== undefined) yield outcomeOf(answer, entry)
      }
    } catch (error) {
      throw failure ?? error
    }
    if (sent.length > 0) throw new Failure('unavailable', 'The server stopped before the end of the list. Run it again.')
  }
  yield* taken()
}

/** Either a line to send, or what became of an entry that is not sent. */
async function stepFor(
  listed: NonNullable<Listed>,
  matching: Matching,
  parts: ImportingParts,
): Promise<Outcome | { readonly sent: Sent; readonly text: string }> {
  if ('why' in listed) return { line: listed.line, result: 'refused', why: listed.why }
  const { line, username } = listed
  const decision = await settled(matching.decide(listed), listed, matching, parts)
  if (decision.result === 'ambiguous' || decision.result === 'numbered')
    return { line, username, result: 'ambiguous', why: decision.why }
  const present = decision.result === 'match' ? decision.present : null
  const by = decision.result === 'match' ? { by: decision.by } : {}
  const text = `${JSON.stringify(lineFor(listed, present, parts.links))}\n`
  matching.claim(listed, present)
  if (!parts.dryRun) return { sent: { person: listed, ...by }, text }
  return {
    line,
    username,
    result: present === null ? 'would create' : 'would match',
    ...by,
    ...(present === null && toldOf(listed)),
  }
}

/** Everybody who is here, as far as lists can tell. */
async function everybody(server: Server): Promise<Omit<Present, 'claimedBy'>[]> {
  const users = []
  for await (const line of createInterface({ input: Readable.from(await server.stream('/v1/users:export')) })) {
    if (line === '') continue
    const { id, username, email, ids }: Answer = JSON.parse(line)
    const known = Object.entries(ids).map(([product, value]) => [product, String(value)])
    users.push({ id, username, email: email ?? null, ids: Object.fromEntries(known) })
  }
  return users
}

/** The number an entry needs is taken from whoever holds it, where that is wanted. */
async function settled(
  decision: Decision,
  person: ListedPerson,
  matching: Matching,
  { server, renumber, dryRun }: ImportingParts,
): Promise<Decision> {
  if (decision.result !== 'numbered' || !renumber) return decision
  const number = matching.renumber(decision.holder)
  if (!dryRun)
    await server.call('PATCH', `/v1/users/${encodeURIComponent(decision.holder.id ?? '')}`, { ids: { superoffice: number } })
  return matching.decide(person)
}

/** Of somebody who is here only what was not known: a name or an address that is here stays. */
function lineFor(person: ListedPerson, present: Present | null, links: boolean): object {
  const { line: _, emailUnverified, administered: _administered, ...said } = person
  const passwordLink = links && said.passwordHash === undefined && said.password === undefined ? true : undefined
  if (present === null) return known({ ...said, passwordLink })
  const { ids, passwordHash } = said
  const email = present.email === null && emailUnverified !== true ? said.email : undefined
  const id = present.id ?? undefined
  return known({ id, username: present.username, ids, email, passwordHash, passwordLink: links || undefined })
}

async function* reportOf(server: Server, lines: AsyncIterable<string>): AsyncGenerator<Answer> {
  const report = await server.stream('/v1/users:import', {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-ndjson' },
    body: Readable.toWeb(Readable.from(lines)) as RequestInit['body'] & object,
    duplex: 'half',
  })
  for await (const line of createInterface({ input: Readable.from(report) })) yield JSON.parse(line)
}

function outcomeOf({ result, id, problem, passwordLink }: Answer, { person, by }: Sent): Outcome {
  return {
    line: person.line,
    username: person.username,
    result,
    ...known({ by, id, passwordLink, why: problem?.detail }),
    ...(result === 'created' && passwordLink === undefined && toldOf(person)),
  }
}

function toldOf({ password, passwordHash, bot, administered }: ListedPerson): Partial<Outcome> {
  const isWithout = password === undefined && passwordHash === undefined && bot !== true
  return { ...(isWithout && { withoutPassword: true }), ...(administered && { administered }) }
}
