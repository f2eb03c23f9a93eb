/** A user as a list of another product has it. What the list does not say is left out. */
export interface ListedPerson {
  /** Where in the list, from 1. */
  readonly line: number
  readonly username: string
  /** What products know this person by, like `{ mattermost: '…' }`. */
  readonly ids: Readonly<Record<string, string>>
  readonly name?: string
  readonly email?: string
  /** The product knows that the address is not, or not yet, this person's. */
  readonly emailUnverified?: boolean
  readonly roles?: readonly string[]
  readonly bot?: boolean
  readonly active?: boolean
  readonly utcOffset?: number
  readonly timezone?: string
  readonly avatarETag?: string
  readonly password?: string
  /** As `POST /v1/users:import` takes it. */
  readonly passwordHash?: string
  /** Administers the product; no import makes anybody an administrator here. */
  readonly administered?: boolean
}

/** An entry that is no user to import, and why. */
export interface Unreadable {
  readonly line: number
  readonly why: string
}

/** Null: no user, and nothing to speak of. */
export type Listed = ListedPerson | Unreadable | null

/** One entry of a list, by lower-case names without underscores. */
export type Fields = ReadonlyMap<string, unknown>

export function fieldsOf(entry: object): Fields {
  return new Map(Object.entries(entry).map(([name, value]) => [name.toLowerCase().replaceAll(/[_\s/.-]/g, ''), value]))
}

/** The first of these that says something, as text; undefined: none does. */
export function textIn(fields: Fields, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = fields.get(name)
    if (typeof value === 'string' && value.trim() !== '') return value.trim()
    if (typeof value === 'number') return String(value)
  }
  return undefined
}

/** As spreadsheets and databases write it, too; undefined: nothing is said. */
export function yesIn(fields: Fields, ...names: readonly string[]): boolean | undefined {
  for (const name of names) {
    const value = fields.get(name)
    if (typeof value === 'boolean') return value
    const word = textIn(fields, name)?.toLowerCase() ?? ''
    if (['1', 'true', 'yes', 't'].includes(word)) return true
    if (['0', 'false', 'no', 'f'].includes(word)) return false
  }
  return undefined
}

/** Only what is known. */
export function known<Said extends object>(said: Said): { [Name in keyof Said]: Exclude<Said[Name], undefined> } {
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)) as never
}
