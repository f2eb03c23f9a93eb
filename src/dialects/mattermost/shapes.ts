import { type TProperties, Type } from 'typebox'

/*
 * What bodies and answers look like, for the API description; tests hold the server's real answers against it. Bodies are read
 * by hand, as the product reads them.
 */

const titled = <P extends TProperties>(title: string, properties: P) =>
  Type.Object(properties, { additionalProperties: false, title: `Mattermost${title}` })
/** A body: other fields in it are passed over. */
const said = <P extends TProperties>(title: string, properties: P) => Type.Object(properties, { title: `Mattermost${title}` })

const Id = Type.String({ pattern: '^[a-z0-9]{26}$' })
const Ids = Type.Array(Type.String(), { minItems: 1 })
const Ms = Type.Integer({ description: 'In ms since 1970; 0: never.' })
const Text = Type.String()
const MaybeText = Type.Optional(Text)

export const OkShape = titled('Ok', { status: Type.Literal('OK') })

export const StatusShape = titled('Status', {
  user_id: Text,
  status: Type.Enum(['online', 'away', 'dnd', 'offline', 'ooo']),
  manual: Type.Boolean(),
  last_activity_at: Ms,
  active_channel: MaybeText,
  dnd_end_time: Type.Optional(Type.Integer({ description: 'In seconds since 1970, at a whole minute; 0: none.' })),
})
export const StatusesShape = Type.Array(StatusShape)

export const NewStatus = said('NewStatus', {
  user_id: Type.String({ description: 'The one in the address.' }),
  status: Type.Enum(['online', 'away', 'dnd', 'offline']),
  dnd_end_time: Type.Optional(Type.Integer({ description: 'In seconds since 1970; it ends at exactly this second.' })),
  manual: Type.Optional(Type.Boolean()),
  last_activity_at: Type.Optional(Type.Integer()),
  active_channel: MaybeText,
})

export const NewCustomStatus = said('NewCustomStatus', {
  emoji: Type.Optional(Type.String({ description: 'By its name, with or without colons, or the character.' })),
  text: MaybeText,
  duration: Type.Optional(Type.Enum(['', 'thirty_minutes', 'one_hour', 'four_hours', 'today', 'this_week', 'date_and_time'])),
  expires_at: Type.Optional(Type.String({ description: 'RFC 3339.' })),
})

export const UserIds = Ids
export const Usernames = Ids

export const UserShape = titled('User', {
  id: Id,
  create_at: Ms,
  update_at: Ms,
  delete_at: Ms,
  username: Text,
  auth_data: Text,
  auth_service: Text,
  email: Text,
  email_verified: Type.Optional(Type.Boolean()),
  nickname: Text,
  first_name: Text,
  last_name: Text,
  position: Text,
  roles: Text,
  props: Type.Object(
    {
      customStatus: Type.String({ description: 'The custom status as JSON; empty without one.' }),
      recentCustomStatuses: Type.Optional(Type.String({ description: 'As JSON; on one’s own user only.' })),
    },
    { additionalProperties: false },
  ),
  locale: Text,
  timezone: Type.Record(Type.String(), Type.String()),
  is_bot: Type.Optional(Type.Boolean()),
  disable_welcome_email: Type.Boolean(),
})
export const UsersShape = Type.Array(UserShape)

export const NewUser = said('NewUser', {
  username: Text,
  email: Text,
  password: MaybeText,
  first_name: MaybeText,
  last_name: MaybeText,
  nickname: MaybeText,
})

export const Credentials = said('Credentials', {
  id: Type.Optional(Type.String({ description: 'A user’s id, instead of `login_id`.' })),
  login_id: Type.Optional(Type.String({ description: 'A username or an e-mail address.' })),
  password: Text,
})

export const NewToken = said('NewToken', { description: Text })
const tokenFields = { id: Text, user_id: Id, description: Text, is_active: Type.Boolean() }
export const NewTokenShape = titled('MadeToken', { ...tokenFields, token: Type.String({ description: 'Shown this once.' }) })
export const TokensShape = Type.Array(titled('Token', tokenFields))
export const TokenToRevoke = said('TokenToRevoke', { token_id: Text })

export const PreferenceShape = titled('Preference', { user_id: Id, category: Text, name: Text, value: Text })
export const PreferencesShape = Type.Array(PreferenceShape)
export const NewPreferences = Type.Array(PreferenceShape, { minItems: 1, maxItems: 100 })

export const PingShape = titled('Ping', {
  ActiveSearchBackend: Text,
  AndroidLatestVersion: Text,
  AndroidMinVersion: Text,
  IosLatestVersion: Text,
  IosMinVersion: Text,
  database_status: MaybeText,
  filestore_status: MaybeText,
  status: Type.Literal('OK'),
})
export const ConfigShape = Type.Record(Type.String(), Type.String(), {
  title: 'MattermostConfig',
  description: 'More for those who are logged in.',
})
export const LicenseShape = titled('License', { IsLicensed: Type.Literal('false') })

export const ErrorShape = titled('Error', {
  id: Type.String({ description: 'Stable: clients compare it.' }),
  message: Text,
  detailed_error: Text,
  request_id: MaybeText,
  status_code: Type.Integer(),
})
