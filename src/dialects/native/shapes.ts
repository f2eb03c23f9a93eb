import { type TProperties, Type } from 'typebox'
import { AUDIT_KINDS } from '../../core/audit.ts'
import { ROLES } from '../../core/principal.ts'
import { LANGUAGES } from '../../core/tongues.ts'
import { ACTIVITIES, AVAILABILITIES, CLAIM_CLASSES } from '../../core/vocabulary.ts'
import { fields, SettingFields } from './schemas.ts'

/*
 * What answers look like, for the API description; tests hold the server's real answers against it.
 */

const titled = <P extends TProperties>(title: string, properties: P) =>
  Type.Object(properties, { additionalProperties: false, title })

export const TimeShape = Type.String({
  pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$',
  description: 'RFC 3339, in UTC with milliseconds.',
})
const MaybeTime = Type.Union([TimeShape, Type.Null()])
const MaybeText = Type.Union([Type.String(), Type.Null()])
const Texts = Type.Array(Type.String())

const CursorShape = Type.String({ description: 'Where in the feed a reader is; opaque.' })

export const PresenceShape = titled('Presence', {
  userId: Type.String(),
  availability: Type.Enum([...AVAILABILITIES]),
  activity: Type.Optional(Type.Enum([...ACTIVITIES])),
  note: Type.Optional(fields({ text: Type.String(), emoji: Type.String(), until: Type.Optional(TimeShape) })),
  since: TimeShape,
  until: Type.Optional(TimeShape),
  source: Type.Enum([...CLAIM_CLASSES, 'session', 'declared', 'none']),
  manual: Type.Boolean(),
  lastActiveAt: MaybeTime,
  nextChangeAt: Type.Optional(TimeShape),
})

export const ClaimShape = titled('Claim', {
  claim: Type.String({ description: 'Its key: a class, a colon and an id.' }),
  source: Type.Enum([...CLAIM_CLASSES]),
  availability: Type.Optional(Type.Enum([...AVAILABILITIES])),
  activity: Type.Optional(Type.Enum([...ACTIVITIES])),
  note: Type.Optional(fields({ text: Type.String(), emoji: Type.String() })),
  since: TimeShape,
  until: Type.Optional(TimeShape),
  leaseMs: Type.Optional(Type.Integer({ description: 'How long it is believed without a heartbeat.' })),
  leaseUntil: Type.Optional(TimeShape),
  via: Type.String(),
  by: Type.String({ description: 'The id of the user or token that made it.' }),
})
export const ClaimsShape = titled('Claims', { claims: Type.Array(ClaimShape) })

const PassageShape = titled('Passage', {
  at: TimeShape,
  via: Type.Optional(Type.String({ description: 'The door it came through; absent: by time alone, or not told.' })),
  by: Type.Optional(Type.String({ description: 'The id of the user or token whose deed it was.' })),
  presence: PresenceShape,
})
export const HistoryShape = titled('History', {
  passages: Type.Array(PassageShape, { description: 'When the presence became another one, the newest first.' }),
  cursor: Type.Union([CursorShape, Type.Null()], { description: 'Of the next page; null on the last.' }),
})

const AuditedShape = titled('AuditEntry', {
  at: TimeShape,
  kind: Type.Enum([...AUDIT_KINDS]),
  by: Type.Union([Type.String(), Type.Null()], {
    description: 'The id of the user or token that did it; null: whoever runs the machine.',
  }),
  userId: Type.Optional(Type.String({ description: 'Whom it concerns.' })),
  target: Type.Optional(Type.String({ description: 'The id of what it concerns.' })),
  details: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
})
export const AuditShape = titled('AuditLog', {
  entries: Type.Array(AuditedShape, { description: 'The newest first.' }),
  cursor: Type.Union([CursorShape, Type.Null()], { description: 'Of the next page; null on the last.' }),
})

export const BatchShape = titled('PresenceBatch', { presences: Type.Array(PresenceShape), unknown: Texts })

export const ChangesShape = titled('PresenceChanges', {
  cursor: CursorShape,
  full: Type.Boolean({ description: 'It is everyone, not what differs from a cursor.' }),
  removed: Type.Array(Type.String(), { description: 'Ids of users who are no more.' }),
  presences: Type.Array(PresenceShape),
})

const FactShape = titled('ExplainedFact', {
  kind: Type.Enum(['claim', 'session', 'declared']),
  id: Type.String(),
  says: Type.String(),
  since: TimeShape,
  ageMs: Type.Integer(),
  until: MaybeTime,
  via: MaybeText,
  by: MaybeText,
  role: Type.Enum(['availability', 'note', 'both', 'lost']),
  rule: Type.String(),
  lostTo: MaybeText,
})

export const ExplanationShape = titled('Explanation', {
  presence: PresenceShape,
  sentence: Type.String(),
  lang: Type.Enum([...LANGUAGES], { description: 'The language of the sentence, and of what the facts say.' }),
  facts: Type.Array(FactShape),
  next: Type.Union([fields({ at: TimeShape, presence: PresenceShape }), Type.Null()]),
})

export const UserShape = titled('User', {
  id: Type.String(),
  username: Type.String(),
  name: Type.String(),
  email: Type.Optional(MaybeText),
  roles: Type.Array(Type.Enum([...ROLES])),
  ids: Type.Record(Type.String(), Type.Union([Type.String(), Type.Integer()]), {
    description: 'What the user is called by each product: rocketchat, mattermost, superoffice.',
  }),
  bot: Type.Boolean(),
  active: Type.Boolean(),
  utcOffset: Type.Number({ description: 'In hours.' }),
  timezone: MaybeText,
  avatarETag: Type.String(),
  createdAt: TimeShape,
  updatedAt: TimeShape,
})

export const UsersShape = titled('UserPage', {
  users: Type.Array(UserShape),
  cursor: Type.Union([CursorShape, Type.Null()], { description: 'Of the next page; null on the last.' }),
})

export const LoginShape = titled('Login', { token: Type.String(), user: UserShape })

const tokenFields = {
  id: Type.String(),
  kind: Type.Enum(['login', 'personal', 'application', 'publishable']),
  userId: Type.String(),
  name: Type.String(),
  scopes: Texts,
  users: Type.Union([Texts, Type.Null()], { description: 'Ids of the users that it is limited to; null: it is not.' }),
  groups: Type.Union([Texts, Type.Null()], { description: 'Ids of the groups whose members, at the moment, it is limited to.' }),
  origins: Type.Union([Texts, Type.Null()]),
  createdAt: TimeShape,
  until: MaybeTime,
  lastUsedAt: Type.Union([TimeShape, Type.Null()], { description: 'Rounded down to the hour.' }),
  tail: Type.String({ description: 'The last characters, by which its owner knows it.' }),
}
const TokenShape = titled('Token', tokenFields)
export const NewTokenShape = titled('NewToken', { token: Type.String({ description: 'Shown this once.' }), ...tokenFields })
export const TokensShape = titled('TokenPage', {
  tokens: Type.Array(TokenShape),
  cursor: Type.Union([CursorShape, Type.Null()], { description: 'Of the next page; null on the last.' }),
})

export const SettingsShape = Type.Required(SettingFields, { additionalProperties: false, title: 'Settings' })

export const SessionShape = titled('Session', { sessionId: Type.String(), leaseUntil: TimeShape })

export const FolderShape = titled('Backup', {
  folder: Type.String({ description: 'Where the copy is, on the machine of the server.' }),
})

export const AliveShape = titled('Liveness', { state: Type.Literal('alive') })
export const ReadyShape = titled('Readiness', {
  state: Type.Enum(['loading', 'ready', 'fenced', 'draining']),
  degraded: Type.Optional(Type.String({ description: 'Why nothing can be written now.' })),
  reason: Type.Optional(Type.String({ description: 'Why it does not serve now, and what comes next.' })),
})

export const LinesShape = Type.String({ contentMediaType: 'application/x-ndjson', description: 'One JSON object a line.' })
export const MetricsShape = Type.String({ contentMediaType: 'text/plain', description: 'Prometheus text format 0.0.4.' })
export const EventsShape = Type.String({ contentMediaType: 'text/event-stream', description: 'Server-sent events.' })

export const DocumentShape = Type.Object({}, { title: 'OpenApiDocument', description: 'OpenAPI 3.1.' })

export const PageShape = Type.String({ contentMediaType: 'text/html' })
export const ScriptShape = Type.String({ contentMediaType: 'text/javascript' })
export const StyleShape = Type.String({ contentMediaType: 'text/css' })

export const ProblemShape = titled('Problem', {
  type: Type.String({ pattern: '^urn:rollcall:problem:[a-z-]+$', description: 'Stable: programs may compare it.' }),
  title: Type.String(),
  status: Type.Integer({ minimum: 400, maximum: 599 }),
  detail: Type.String({ description: 'What is wrong and what would be right, for people.' }),
  field: Type.Optional(Type.String({ description: 'The field or parameter at fault, as the caller named it.' })),
})
