import type { ListedPerson } from './person.ts'

/** A user who is here, or who an earlier entry of the list has made. */
export interface Present {
  /** Null: made by this list. */
  readonly id: string | null
  readonly username: string
  readonly email: string | null
  ids: Readonly<Record<string, string>>
  /** Line of the entry that is this user. */
  claimedBy: number | null
}

export type Decision =
  | { readonly result: 'create' }
  | { readonly result: 'match'; readonly present: Present; readonly by: 'id' | 'email' | 'username' }
  /** Two who could be meant, or one who should not be: a person has to look. */
  | { readonly result: 'ambiguous'; readonly why: string }
  /** The number that the entry has there is somebody else's here. */
  | { readonly result: 'numbered'; readonly holder: Present; readonly why: string }

export interface Matching {
  /** Who an entry is: by a product's id, then a verified e-mail address, then the username. Never a guess. */
  decide(person: ListedPerson): Decision
  /** The entry is this user, or a new one. */
  claim(person: ListedPerson, present: Present | null): void
  renumber(holder: Present): string
}

/** Its ids are numbers that everybody is given, so that an equal one alone says nothing. */
const NUMBERED = 'superoffice'
/** Whoever gets another number, gets one far from those that associates have. */
const RENUMBERED_FROM = 1_000_000_000

export function createMatching(everybody: Iterable<Omit<Present, 'claimedBy'>>): Matching {
  const byId = new Map<string, Present>()
  const byEmail = new Map<string, Present>()
  const byUsername = new Map<string, Present>()
  let numberMax = RENUMBERED_FROM
  const keyOf = (product: string, id: string): string => `${product} ${id}`

  function add(present: Present): void {
    for (const [product, id] of Object.entries(present.ids)) byId.set(keyOf(product, id), present)
    numberMax = Math.max(numberMax, Number(present.ids[NUMBERED] ?? 0))
    if (present.email !== null) byEmail.set(present.email.toLowerCase(), present)
    byUsername.set(present.username.toLowerCase(), present)
  }
  for (const { id, username, email, ids } of everybody) add({ id, username, email, ids, claimedBy: null })

  function decide(person: ListedPerson): Decision {
    const found = candidates(person)
    const decision = choose(person, found)
    if (decision.result === 'match') return checked(person, decision)
    const holder = byId.get(keyOf(NUMBERED, person.ids[NUMBERED] ?? ''))
    if (decision.result === 'create' && holder !== undefined) return numbered(person, holder)
    return decision
  }

  function candidates(person: ListedPerson) {
    const known = Object.entries(person.ids).flatMap(([product, id]) => {
      const present = byId.get(keyOf(product, id))
      return present === undefined || (product === NUMBERED && !agrees(present, person)) ? [] : [present]
    })
    return {
      known: [...new Set(known)],
      email: byEmail.get(person.email?.toLowerCase() ?? ''),
      username: byUsername.get(person.username.toLowerCase()),
    }
  }

  /** What is settled but for who came before, and for the numbers. */
  function checked(person: ListedPerson, decision: Decision & { readonly result: 'match' }): Decision {
    const { present } = decision
    if (present.claimedBy !== null) return ambiguous(`line ${present.claimedBy} is ${present.username} already`)
    const other = Object.entries(person.ids).find(([product, id]) => isAnother(present, product, id))
    if (other !== undefined) return ambiguous(`${present.username} has another ${other[0]} id already: ${present.ids[other[0]]}`)
    const holder = byId.get(keyOf(NUMBERED, person.ids[NUMBERED] ?? ''))
    return holder === undefined || holder === present ? decision : numbered(person, holder)
  }

  return {
    decide,
    claim(person, present) {
      const ids = { ...present?.ids, ...person.ids }
      if (present === null)
        return add({ id: null, username: person.username, email: person.email ?? null, ids, claimedBy: person.line })
      present.claimedBy = person.line
      present.ids = ids
      add(present)
    },
    renumber(holder) {
      byId.delete(keyOf(NUMBERED, holder.ids[NUMBERED] ?? ''))
      holder.ids = { ...holder.ids, [NUMBERED]: String(++numberMax) }
      byId.set(keyOf(NUMBERED, String(numberMax)), holder)
      return String(numberMax)
    },
  }
}

interface Candidates {
  readonly known: readonly Present[]
  readonly email: Present | undefined
  readonly username: Present | undefined
}

function choose(person: ListedPerson, { known, email, username }: Candidates): Decision {
  const [one, another] = known
  if (one !== undefined && another !== undefined)
    return ambiguous(`its ids are those of ${one.username} and of ${another.username}`)
  if (one !== undefined) return { result: 'match', present: one, by: 'id' }
  if (email !== undefined && username !== undefined && email !== username)
    return ambiguous(`its e-mail address is that of ${email.username}, its username that of another user`)
  if (email !== undefined && person.emailUnverified !== true) return { result: 'match', present: email, by: 'email' }
  if (email !== undefined && username === undefined)
    return ambiguous(`its e-mail address is that of ${email.username}, but was never verified`)
  if (username === undefined) return { result: 'create' }
  const differs = person.email !== undefined && username.email !== null && username !== email
  if (differs) return ambiguous(`a user ${username.username} is here, with another e-mail address`)
  return { result: 'match', present: username, by: 'username' }
}

const ambiguous = (why: string): Decision => ({ result: 'ambiguous', why })

function numbered(person: ListedPerson, holder: Present): Decision {
  const why = `${person.ids[NUMBERED]} is the number of ${holder.username} here; --renumber gives ${holder.username} another`
  return holder.claimedBy === null && holder.id !== null ? { result: 'numbered', holder, why } : ambiguous(why)
}

const agrees = (present: Present, { username, email }: ListedPerson): boolean =>
  present.username.toLowerCase() === username.toLowerCase() ||
  (present.email !== null && present.email.toLowerCase() === email?.toLowerCase())

/** Ids that were made here are the user's own, or follow from it; those have no meaning elsewhere yet. */
function isAnother({ id, ids }: Present, product: string, wanted: string): boolean {
  const has = ids[product]
  return has !== undefined && has !== wanted && product !== NUMBERED && has !== id && id !== null
}
