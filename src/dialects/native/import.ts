import { isDeepStrictEqual } from 'node:util'
import type { Static } from 'typebox'
import type { Administration, NewUser, People, User, UserChange } from '../../core/accounts.ts'
import { Failure } from '../../core/errors.ts'
import type { Log } from '../../core/service.ts'
import type { UserId } from '../../core/vocabulary.ts'
import { readJson } from '../../http/json.ts'
import { BUG, type Problem, problemOf } from './errors.ts'
import { LINE_BYTES_MAX, type Line } from './lines.ts'
import { ImportedUserFields } from './schemas.ts'
import { type PasswordLink, type PasswordLinkOut, userIn } from './translate.ts'
import { compileValidator } from './validation.ts'

/** Lines that are worked on at once: their changes share commits. */
const LINES_AT_ONCE_MAX = 256
/** Of these, with a password: whoever logs in meanwhile waits for no more. */
const HASHES_AT_ONCE_MAX = 4

/** What became of a line. */
export type Outcome =
  | {
      readonly line: number
      readonly result: 'created' | 'updated' | 'unchanged'
      readonly id: UserId
      /** For whoever has no password, when the line asked for it. */
      readonly passwordLink?: PasswordLinkOut
    }
  | { readonly line: number; readonly result: 'refused'; readonly problem: Problem }

type Wanted = Static<typeof ImportedUserFields>

export interface ImportParts {
  readonly people: People
  readonly administration: Administration
  readonly log: Log
  /** How a link is told. */
  readonly linkOut: (link: PasswordLink) => PasswordLinkOut
}

/** Users made and changed as lines say, at their pace: outcomes come in the order of the lines, and no more is read than is worked on. */
export async function* importUsers(lines: AsyncGenerator<Line>, parts: ImportParts): AsyncGenerator<Outcome> {
  const outcomeOf = inOrder(parts)
  const waiting: Promise<Outcome>[] = []
  let next: Promise<IteratorResult<Line>> | null = lines.next()
  while (next !== null || waiting.length > 0) {
    const [first] = waiting
    const turn = await whichIsDue(waiting.length < LINES_AT_ONCE_MAX ? next : null, first)
    if (turn === 'outcome') {
      if (first !== undefined) yield await first
      void waiting.shift()
      continue
    }
    const { done, value } = turn
    next = done === true ? null : lines.next()
    if (done !== true) waiting.push(outcomeOf(value))
  }
}

function whichIsDue(
  next: Promise<IteratorResult<Line>> | null,
  first: Promise<Outcome> | undefined,
): Promise<IteratorResult<Line> | 'outcome'> {
  const due = first?.then(() => 'outcome' as const)
  return Promise.race([next, due].filter((one) => one != null))
}

/** Lines about the same user wait for one another. */
function inOrder(parts: ImportParts): (line: Line) => Promise<Outcome> {
  const { people, log } = parts
  const busy = new Map<string, Promise<unknown>>()
  const hashing: Promise<unknown>[] = []

  function turnOf(wanted: Wanted, words: readonly string[]): Promise<unknown>[] {
    const before = words.flatMap((word) => busy.get(word) ?? [])
    if (wanted.password !== undefined && hashing.length >= HASHES_AT_ONCE_MAX) before.push(...hashing.splice(0, 1))
    return before
  }

  function begin(line: Line): Promise<Outcome> {
    const wanted = readLine(line)
    const words = wordsOf(wanted, people)
    const turn = turnOf(wanted, words)
    const work = (turn.length === 0 ? apply(wanted, parts) : Promise.all(turn).then(() => apply(wanted, parts))).then(
      (done): Outcome => ({ line: line.number, ...done }),
      (error: unknown) => refused(line, error, log),
    )
    for (const word of words) busy.set(word, work)
    if (wanted.password !== undefined) hashing.push(work)
    void work.then(() => {
      for (const word of words) if (busy.get(word) === work) busy.delete(word)
    })
    return work
  }

  return async (line) => {
    try {
      return await begin(line)
    } catch (error) {
      return refused(line, error, log)
    }
  }
}

const validate = compileValidator({ schema: ImportedUserFields, httpPart: 'line', method: '', url: '' })

/** Throws Failure `invalid`, `too_large`. */
function readLine({ bytes }: Line): Wanted {
  if (bytes === null) throw new Failure('too_large', `A line has at most ${LINE_BYTES_MAX} bytes.`, { reason: 'body_too_large' })
  const said = readJson(bytes)
  const judged = validate(said)
  if (typeof judged === 'object' && 'error' in judged && judged.error) throw judged.error
  return said as Wanted
}

/** The user whom a line is about: by its id, else by its username. */
function targetOf({ id, username }: Wanted, people: People): UserId | null {
  return (id === undefined ? null : people.find('id', id)) ?? people.find('username', username)
}

function wordsOf(wanted: Wanted, people: People): string[] {
  const target = targetOf(wanted, people)
  const known = target === null ? null : people.get(target)
  const words = [wanted.id, wanted.username, known?.id, known?.username]
  return [...new Set(words.flatMap((word) => (word === undefined ? [] : [word.toLowerCase()])))]
}

async function apply({ passwordLink = false, ...wanted }: Wanted, parts: ImportParts) {
  const { people, administration, linkOut } = parts
  const done = await put(wanted, parts)
  if (!passwordLink || people.get(done.id)?.hasPassword !== false) return done
  return { ...done, passwordLink: linkOut(await administration.createPasswordLink(done.id)) }
}

async function put(wanted: Wanted, { people, administration }: ImportParts) {
  const userId = targetOf(wanted, people) ?? (await create(wanted, { people, administration }))
  if (typeof userId !== 'string') return { result: 'created' as const, id: userId.id }
  const before = people.versionOf(userId)
  const change = differing(userIn(wanted), people.get(userId))
  if (Object.keys(change).length > 0) await administration.updateUser(userId, change)
  return { result: people.versionOf(userId) === before ? ('unchanged' as const) : ('updated' as const), id: userId }
}

/** What a line says that the user does not show already; a hash from elsewhere is for whoever has no password. */
function differing(wanted: NewUser, known: User | null): UserChange {
  const shown: Readonly<Record<string, unknown>> = { ...known }
  const isNews = (name: string, value: unknown): boolean =>
    name === 'passwordHash' ? known?.hasPassword === false : !isDeepStrictEqual(value, shown[name])
  return Object.fromEntries(Object.entries(wanted).filter(([name, value]) => isNews(name, value)))
}

/** Whoever was made meanwhile, by an import that was cut short and sent again, is the user that is meant. */
async function create(
  wanted: Wanted,
  { people, administration }: Pick<ImportParts, 'people' | 'administration'>,
): Promise<User | UserId> {
  try {
    return await administration.createUser(userIn(wanted))
  } catch (error) {
    const meanwhile = error instanceof Failure && error.reason === 'taken' ? targetOf(wanted, people) : null
    if (meanwhile !== null) return meanwhile
    throw error
  }
}

function refused({ number: line }: Line, error: unknown, log: Log): Outcome {
  if (error instanceof Failure) return { line, result: 'refused', problem: problemOf(error) }
  log.error({ err: error, line }, 'a bug of ours, in an import')
  return { line, result: 'refused', problem: BUG }
}
