import { fieldsOf, known, type Listed, textIn, yesIn } from './person.ts'

/** An associate, from a list of the web service or of a table, in JSON or CSV. */
export function readSuperoffice(entry: object, line: number): Listed {
  const fields = fieldsOf(entry)
  const id = textIn(fields, 'associateid', 'id')
  const username = textIn(fields, 'username', 'loginname', 'name')
  if (id === undefined) return { line, why: 'it has no AssociateId' }
  if (username === undefined) return { line, why: 'it has no name to log in with' }
  const isGone = yesIn(fields, 'deleted', 'isdeleted') === true || yesIn(fields, 'active', 'isactive') === false
  return {
    line,
    username,
    ids: { superoffice: id },
    ...known({
      name: textIn(fields, 'fullname', 'personfullname', 'displayname', 'tooltip'),
      email: textIn(fields, 'email', 'emailaddress', 'personemail', 'primaryemailaddress'),
      active: isGone ? false : undefined,
    }),
  }
}
