import { type Static, type TProperties, type TSchema, Type } from 'typebox'
import { AUDIT_KINDS } from '../../core/audit.ts'
import { ROLES, SCOPES } from '../../core/principal.ts'
import { LANGUAGES } from '../../core/tongues.ts'
import { ACTIVITIES, AVAILABILITIES } from '../../core/vocabulary.ts'

/** A body or query that has these fields and no others. */
export const fields = <P extends TProperties>(properties: P) => Type.Object(properties, { additionalProperties: false })

/** May be left out, or null, which says the same. */
const maybe = <T extends TSchema>(schema: T) => {
  const { type, enum: words } = schema as { type?: string; enum?: readonly unknown[] }
  const nullable = words === undefined ? { ...schema, type: [type, 'null'] } : { ...schema, enum: [...words, null] }
  return Type.Optional(Type.Unsafe<Static<T> | null>(nullable))
}

const Text = Type.String({ maxLength: 65_536 })
const Line = Type.String({ maxLength: 1_024 })
const Time = Type.String({ maxLength: 64 })

export const ByUser = fields({ user: Type.String() })
export const ByClaim = fields({ user: Type.String(), claim: Type.String() })
export const ByToken = fields({ token: Type.String() })

export const NewAvailability = fields({
  availability: Type.Enum([...AVAILABILITIES]),
  activity: maybe(Type.Enum([...ACTIVITIES])),
  until: maybe(Time),
})
export const NewNote = fields({ text: maybe(Text), emoji: maybe(Line), until: maybe(Time) })

/** Shortest and longest time for which a claim may be believed without a heartbeat, in ms. */
export const LEASE_MS_MIN = 1_000
export const LEASE_MS_MAX = 86_400_000
export const NewClaim = fields({
  availability: maybe(Type.Enum([...AVAILABILITIES])),
  activity: maybe(Type.Enum([...ACTIVITIES])),
  note: maybe(fields({ text: maybe(Text), emoji: maybe(Line) })),
  until: maybe(Time),
  leaseMs: maybe(Type.Integer({ minimum: LEASE_MS_MIN, maximum: LEASE_MS_MAX })),
})

/** Users of one batch read. */
export const BATCH_USERS_MAX = 1_000
export const Batch = fields({ users: Type.Array(Type.String(), { maxItems: BATCH_USERS_MAX }) })
export const Since = fields({ since: Type.Optional(Type.String({ maxLength: 4_096 })) })

/** An IANA name, or an offset like +05:30. */
/** `lang` beats what the browser prefers. */
export const InWords = fields({ zone: Type.Optional(Line), lang: Type.Optional(Type.Enum([...LANGUAGES])) })
export const Preferred = Type.Object({
  'accept-language': Type.Optional(Type.String({ description: 'The language to explain in, of en and de.' })),
})

export const Credentials = fields({ username: Line, password: Text, cookie: Type.Optional(Type.Boolean()) })

const userFields = {
  password: Type.Optional(Text),
  name: Type.Optional(Line),
  email: maybe(Line),
  roles: Type.Optional(Type.Array(Type.Enum([...ROLES]), { maxItems: ROLES.length })),
  id: Type.Optional(Line),
  ids: Type.Optional(
    fields({
      rocketchat: Type.Optional(Line),
      mattermost: Type.Optional(Line),
      superoffice: Type.Optional(Type.Unsafe<string | number>({ type: ['string', 'integer'] })),
    }),
  ),
  bot: Type.Optional(Type.Boolean()),
  active: Type.Optional(Type.Boolean()),
  utcOffset: Type.Optional(Type.Number({ minimum: -14, maximum: 14 })),
  timezone: maybe(Line),
  avatarETag: Type.Optional(Line),
}
const newUserFields = { username: Line, ...userFields, passwordHash: Type.Optional(Line) }
export const NewUserFields = fields(newUserFields)
/** A line of an import; `passwordLink`: whoever has no password gets a link to set one. */
export const ImportedUserFields = fields({ ...newUserFields, passwordLink: Type.Optional(Type.Boolean()) })
export const NewPassword = fields({ secret: Line, password: Text })
export const UserFields = fields({ username: Type.Optional(Line), ...userFields, currentPassword: Type.Optional(Text) })

/** Users, or tokens, of one page when the caller does not say, and at most. */
export const PAGE_USERS = 100
export const PAGE_USERS_MAX = 1_000
export const Page = fields({
  cursor: Type.Optional(Type.String({ maxLength: 64 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: PAGE_USERS_MAX })),
})

/** For a change that is made only of what the caller saw. */
export const IfMatch = Type.Object({
  'if-match': Type.Optional(Type.String({ description: 'The ETag that was read; 412 when it has changed.' })),
})

const window = {
  from: Type.Optional(Time),
  to: Type.Optional(Time),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: PAGE_USERS_MAX })),
  cursor: Type.Optional(Type.String({ maxLength: 128 })),
}
/** `from` on and before `to`. */
export const HistoryFields = fields(window)
export const AuditFields = fields({
  user: Type.Optional(Line),
  by: Type.Optional(Line),
  kind: Type.Optional(Type.Enum([...AUDIT_KINDS])),
  ...window,
})
/** A presence as it was at a time. */
export const AtInstant = fields({ at: Type.Optional(Time) })

export const NewTokenFields = fields({
  kind: Type.Optional(Type.Enum(['personal', 'application', 'publishable'])),
  name: Line,
  user: Type.Optional(Line),
  scopes: Type.Optional(Type.Array(Type.Enum([...SCOPES]), { maxItems: SCOPES.length })),
  users: Type.Optional(Type.Array(Line, { maxItems: 1_000 })),
  groups: Type.Optional(Type.Array(Line, { maxItems: 1_000 })),
  origins: Type.Optional(Type.Array(Line, { maxItems: 100 })),
  until: maybe(Time),
})
export const ByGroup = fields({ group: Type.String() })
export const ByMember = fields({ group: Type.String(), user: Type.String() })
/** A page's cursor carries a name or an id. */
const pageFields = {
  cursor: Type.Optional(Type.String({ maxLength: 1_024 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: PAGE_USERS_MAX })),
}
export const MembersPage = fields(pageFields)
export const GroupsPage = fields({ user: Type.Optional(Line), ...pageFields })
const Members = Type.Array(Line, { maxItems: PAGE_USERS_MAX })
export const NewGroup = fields({ name: Line, members: Type.Optional(Members) })
export const GroupFields = fields({ name: Line })
export const MembersFields = fields({ add: Type.Optional(Members), remove: Type.Optional(Members) })

export const OfUser = fields({ user: Type.Optional(Line) })
export const TokenPage = fields({ ...OfUser.properties, ...Page.properties })

const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
export const SettingFields = Type.Partial(
  fields({
    notesAllowed: Type.Boolean(),
    invisibleAllowed: Type.Boolean(),
    broadcastDisabled: Type.Boolean(),
    broadcastOthers: Type.Boolean(),
    statusesEnabled: Type.Boolean(),
    awayAfterMs: Count,
    graceMs: Count,
    declaredOnlineMaxMs: Count,
    allowedOrigins: Type.Array(Line, { maxItems: 1_000 }),
    webhookHosts: Type.Array(Line, { maxItems: 100 }),
    rateCallsMax: Count,
    rateWindowMs: Count,
    history: Type.Enum(['off', 'own', 'all']),
    historyDays: Count,
    auditDays: Count,
  }),
  { additionalProperties: false },
)

/** A folder's plain name: no way out of the folder that it is made in. */
export const BackupName = fields({
  name: Type.String({
    pattern: '^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$',
    description: '1 to 64 of A-Z, a-z, 0-9, ".", "_" and "-", not beginning with "."',
  }),
})

const Name = Type.String({ minLength: 1, maxLength: 128 })
export const NewSession = fields({ app: Name, platform: Name, idle: Type.Optional(Type.Boolean()) })
/** Whoever has nothing to say may leave the body out. */
export const Heartbeat = { ...fields({ idle: Type.Optional(Type.Boolean()), lastInputAt: maybe(Time) }), default: {} }
export const BySession = fields({ session: Type.String() })

const Cursor = Type.String({ maxLength: 4_096 })
/** Users that one connection watches, of its groups too. */
export const WATCHED_MAX = 10_000
/** Groups that one stream or message names. */
export const BATCH_GROUPS_MAX = 100
/** For so many one connection waits at once. */
export const WAITS_MAX = 100

/** `users`, `groups`: ids or names with commas between them; without both everyone. */
export const StreamOf = fields({
  users: Type.Optional(Type.String()),
  groups: Type.Optional(Type.String()),
  since: Type.Optional(Cursor),
})

const Users = Type.Array(Line, { minItems: 1, maxItems: BATCH_USERS_MAX })
const InGroups = Type.Array(Line, { minItems: 1, maxItems: BATCH_GROUPS_MAX })
const message = <P extends TProperties>(properties: P) =>
  fields({ type: Type.String(), id: Type.Optional(Type.Union([Type.String({ maxLength: 64 }), Type.Integer()])), ...properties })

const watched = { users: Type.Optional(Users), groups: Type.Optional(InGroups), everyone: Type.Optional(Type.Boolean()) }

/** What a client may say on the socket, by its `type`. */
export const MESSAGES = {
  hello: message({ token: Line }),
  watch: message({ ...watched, since: Type.Optional(Cursor) }),
  unwatch: message(watched),
  'until-free': message({ user: Type.Optional(Line), group: Type.Optional(Line), cancel: Type.Optional(Type.Boolean()) }),
  attend: message({ app: Name, platform: Name, resumes: maybe(Name) }),
  active: message({}),
  idle: message({ lastInputAt: maybe(Time) }),
  leave: message({}),
  ping: message({}),
}
