import { type Fields, fieldsOf, known, type Listed, textIn, yesIn } from './person.ts'

/** A line of a bulk export, an entry of `mmctl user list --json` or of `GET /api/v4/users`, or a row of the table of users. */
export function readMattermost(entry: object, line: number): Listed {
  const { type, user, bot } = entry as { type?: unknown; user?: unknown; bot?: unknown }
  if (typeof type === 'string' && !('username' in entry)) {
    if (type === 'user' && Object(user) === user) return personOf(fieldsOf(user as object), line)
    if (type === 'bot' && Object(bot) === bot) return botOf(fieldsOf(bot as object), line)
    return null
  }
  return personOf(fieldsOf(entry), line)
}

function personOf(fields: Fields, line: number): Listed {
  const username = textIn(fields, 'username')
  if (username === undefined) return { line, why: 'it has no username' }
  const id = textIn(fields, 'id')
  const roles = (textIn(fields, 'roles') ?? '').split(/\s+/)
  const isGuest = roles.includes('system_guest')
  return {
    line,
    username,
    ids: id === undefined ? {} : { mattermost: id },
    ...known({
      name: fullName(fields),
      email: textIn(fields, 'email'),
      emailUnverified: yesIn(fields, 'emailverified') === false ? true : undefined,
      roles: isGuest ? ['guest'] : undefined,
      bot: yesIn(fields, 'isbot'),
      active: Number(fields.get('deleteat') ?? 0) > 0 ? false : undefined,
      timezone: timezoneIn(fields.get('timezone')),
      passwordHash: hashIn(fields),
      administered: roles.includes('system_admin') || undefined,
    }),
  }
}

function botOf(fields: Fields, line: number): Listed {
  const username = textIn(fields, 'username')
  if (username === undefined) return { line, why: 'this bot has no username' }
  const active = Number(fields.get('deleteat') ?? 0) > 0 ? false : undefined
  return { line, username, ids: {}, bot: true, ...known({ name: textIn(fields, 'displayname'), active }) }
}

function fullName(fields: Fields): string | undefined {
  const names = [textIn(fields, 'firstname'), textIn(fields, 'lastname')].filter((name) => name !== undefined)
  return names.length > 0 ? names.join(' ') : textIn(fields, 'nickname')
}

/** Passwords of other services are not kept there; those in the clear are never exported. */
function hashIn(fields: Fields): string | undefined {
  const hash = textIn(fields, 'authservice') === undefined ? textIn(fields, 'password') : undefined
  return hash !== undefined && /^\$(2[abxy]|pbkdf2)\$/.test(hash) ? hash : undefined
}

function timezoneIn(said: unknown): string | undefined {
  const zone = typeof said === 'string' ? parsed(said) : said
  if (Object(zone) !== zone) return undefined
  const fields = fieldsOf(zone as object)
  return textIn(fields, yesIn(fields, 'useautomatictimezone') === false ? 'manualtimezone' : 'automatictimezone')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
