import { type TProperties, type TSchema, Type } from 'typebox'
import { STATUSES } from './translate.ts'

/*
 * What answers look like, for the API description; tests hold the server's real answers against it.
 */

const titled = <P extends TProperties>(title: string, properties: P) =>
  Type.Object(properties, { additionalProperties: false, title: `RocketChat${title}` })

const Time = Type.String({
  pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$',
  description: 'ISO 8601, in UTC with milliseconds.',
})
const Status = Type.Enum([...STATUSES])
const Success = Type.Literal(true)

/** Who made the shown status, and until when. */
const claimed = {
  statusSource: Type.Optional(Type.Enum(['internal', 'manual', 'external'])),
  statusExpiresAt: Type.Optional(Time),
}
const statusText = Type.Optional(Type.String({ description: 'A leading `:name: ` is an emoji. Absent without a text.' }))
const named = { _id: Type.String(), username: Type.String(), name: Type.String() }
const Emails = Type.Array(Type.Object({ address: Type.String(), verified: Type.Boolean() }, { additionalProperties: false }))
const Kind = Type.Enum(['user', 'bot'])
const account = { utcOffset: Type.Number(), avatarETag: Type.String(), active: Type.Boolean() }
const Roles = Type.Array(Type.String())

/** An answer that says nothing but that it worked. */
export const DoneShape = titled('Done', { success: Success })

/** An answer with these fields, and that it worked. */
export const withSuccess = <P extends TProperties>(title: string, properties: P) =>
  titled(title, { ...properties, success: Success })

const page = (title: string, name: string, element: TSchema) =>
  withSuccess(title, {
    [name]: Type.Array(element),
    count: Type.Integer(),
    offset: Type.Integer(),
    total: Type.Integer(),
  })

export const StatusShape = withSuccess('Status', {
  _id: Type.String(),
  message: Type.String({ description: 'Empty without a text.' }),
  connectionStatus: Status,
  status: Status,
  ...claimed,
})

export const PresenceShape = withSuccess('Presence', { presence: Status, connectionStatus: Type.Optional(Status) })

export const PresencesShape = withSuccess('Presences', {
  users: Type.Array(
    titled('PresenceOfUser', {
      ...named,
      status: Status,
      utcOffset: Type.Number(),
      statusText,
      ...claimed,
      avatarETag: Type.String(),
    }),
  ),
  full: Type.Boolean({ description: 'It is everybody, not what changed.' }),
})

const ProfileShape = titled('Profile', { ...named, type: Kind, status: Status, statusText, ...claimed, ...account })
const FullProfileShape = titled('FullProfile', {
  ...named,
  emails: Emails,
  type: Kind,
  status: Status,
  statusText,
  ...claimed,
  statusConnection: Status,
  ...account,
  roles: Roles,
  createdAt: Time,
  _updatedAt: Time,
})
export const UserShape = withSuccess('User', { user: Type.Union([ProfileShape, FullProfileShape]) })
export const MadeUserShape = withSuccess('MadeUser', { user: FullProfileShape })

export const UsersShape = page(
  'UserPage',
  'users',
  titled('ListedUser', {
    ...named,
    emails: Emails,
    type: Kind,
    status: Status,
    active: Type.Boolean(),
    roles: Roles,
    avatarETag: Type.String(),
  }),
)

/** Which of them are there was chosen by the caller. */
export const SelectedUsersShape = page(
  'SelectedUserPage',
  'users',
  titled(
    'SelectedUser',
    Type.Partial(
      Type.Object({ ...named, emails: Emails, type: Kind, status: Status, statusText, ...claimed, roles: Roles, ...account }),
    ).properties,
  ),
)

export const PreferencesShape = Type.Object(
  {},
  { title: 'RocketChatPreferences', description: 'What clients keep; other fields than these two, too.' },
)

const ownAccount = {
  ...named,
  emails: Emails,
  email: Type.Optional(Type.String()),
  status: Status,
  statusDefault: Status,
  statusText,
  ...claimed,
  statusConnection: Status,
  ...account,
  roles: Roles,
  avatarUrl: Type.String(),
  settings: Type.Object({ preferences: Type.Optional(PreferencesShape) }, { additionalProperties: false }),
  services: Type.Object({ password: Type.Object({ exists: Type.Boolean() }) }),
  isOAuthUser: Type.Boolean(),
}
export const MeShape = withSuccess('Me', ownAccount)
export const OwnAccountShape = withSuccess('OwnAccount', { user: titled('Account', ownAccount) })

export const LoginShape = withSuccess('Login', {
  status: Type.Literal('success'),
  data: Type.Object(
    { userId: Type.String(), authToken: Type.String(), me: titled('Account', ownAccount) },
    { additionalProperties: false },
  ),
})
export const LogoutShape = titled('Logout', {
  status: Type.Literal('success'),
  data: Type.Object({ message: Type.String() }, { additionalProperties: false }),
})

export const PresetShape = titled('CustomUserStatus', {
  _id: Type.String(),
  name: Type.String(),
  statusType: Type.String({ description: 'A status, or empty: it is left to the user.' }),
  _updatedAt: Time,
})
export const PresetsShape = page('CustomUserStatusPage', 'statuses', PresetShape)
export const OnePresetShape = withSuccess('OneCustomUserStatus', { customUserStatus: PresetShape })

export const TokenShape = withSuccess('Token', { token: Type.String({ description: 'Shown this once.' }) })
export const TokensShape = withSuccess('Tokens', {
  tokens: Type.Array(
    Type.Object(
      { name: Type.String(), createdAt: Time, lastTokenPart: Type.String(), bypassTwoFactor: Type.Boolean() },
      { additionalProperties: false },
    ),
  ),
})

/** A refusal: `error` is a sentence, which may end with a code in brackets; `errorType` is that code. */
export const RefusalShape = titled('Refusal', {
  success: Type.Literal(false),
  error: Type.Optional(Type.String()),
  errorType: Type.Optional(Type.String()),
  details: Type.Optional(Type.Object({})),
})

/** Who is not logged in, or could not log in. */
export const LoginRefusalShape = titled('LoginRefusal', {
  success: Type.Literal(false),
  error: Type.Union([Type.String(), Type.Integer()]),
  status: Type.Literal('error'),
  message: Type.String(),
})
