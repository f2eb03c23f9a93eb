import { fieldsOf, known, type Listed, textIn, yesIn } from './person.ts'

const PRODUCTS = ['rocketchat', 'mattermost', 'superoffice'] as const

/** A row under a header of our own names: username, name, email, roles, bot, active, … and a column for each product's ids. */
export function readSpreadsheet(entry: object, line: number): Listed {
  const fields = fieldsOf(entry)
  const username = textIn(fields, 'username')
  if (username === undefined) return { line, why: 'it has no username' }
  const ids = PRODUCTS.flatMap((product) => {
    const id = textIn(fields, product, `ids${product}`)
    return id === undefined ? [] : [[product, id] as const]
  })
  const utcOffset = textIn(fields, 'utcoffset')
  return {
    line,
    username,
    ids: Object.fromEntries(ids),
    ...known({
      name: textIn(fields, 'name', 'fullname'),
      email: textIn(fields, 'email'),
      roles: textIn(fields, 'roles', 'role')?.split(/[\s,;]+/),
      bot: yesIn(fields, 'bot'),
      active: yesIn(fields, 'active'),
      utcOffset: utcOffset === undefined ? undefined : Number(utcOffset),
      timezone: textIn(fields, 'timezone'),
      password: textIn(fields, 'password'),
      passwordHash: textIn(fields, 'passwordhash'),
    }),
  }
}
