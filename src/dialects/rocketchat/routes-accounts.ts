import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import { Failure } from '../../core/errors.ts'
import { ROLES, type Role } from '../../core/principal.ts'
import type { Services } from '../../core/service.ts'
import { type Route, route } from '../../http/route.ts'
import { refusal, success } from './answers.ts'
import { NAME } from './ids.ts'
import { PreferenceValues, preferencesOf, storedAs } from './preferences.ts'
import { fullProfileOf, ownAccountOf } from './profiles.ts'
import { MadeUserShape, OwnAccountShape, PreferencesShape, withSuccess } from './shapes.ts'
import { eventsOf, STATUSES } from './translate.ts'
import { closed, NullableBoolean, NullableString } from './validation.ts'

const NullableText = Type.Optional(NullableString)
const NullableSwitch = Type.Optional(NullableBoolean)
const Anything = Type.Optional(Type.Unsafe<object>({ type: 'object' }))
const NewAccount = Type.Object(
  {
    email: Type.String(),
    name: Type.String(),
    password: Type.String(),
    username: Type.String(),
    active: NullableSwitch,
    bio: NullableText,
    nickname: NullableText,
    statusText: NullableText,
    roles: Type.Optional(Type.Array(Type.String())),
    joinDefaultChannels: NullableSwitch,
    requirePasswordChange: NullableSwitch,
    setRandomPassword: NullableSwitch,
    sendWelcomeEmail: NullableSwitch,
    verified: NullableSwitch,
    customFields: Anything,
    fields: NullableText,
    freeSwitchExtension: NullableText,
  },
  closed,
)
const NewPreferences = Type.Object({ userId: NullableText, data: PreferenceValues }, closed)
const OwnUpdate = Type.Object(
  {
    data: Type.Object(
      {
        email: NullableText,
        name: NullableText,
        username: NullableText,
        nickname: NullableText,
        bio: NullableText,
        statusType: NullableText,
        statusText: NullableText,
        currentPassword: NullableText,
        newPassword: NullableText,
      },
      closed,
    ),
    customFields: Anything,
  },
  closed,
)

const KeptPreferencesShape = withSuccess('KeptPreferences', {
  user: Type.Object({ _id: Type.String(), settings: Type.Object({ preferences: PreferencesShape }, closed) }, closed),
})

/** Making accounts, and what people change about their own. */
export function accountRoutes(services: Services): Route[] {
  const { people, presence, administration, settings } = services
  return [
    route({
      rule: 'RC-1.7-1',
      method: 'POST',
      path: '/api/v1/users.create',
      summary: 'Make a user',
      answers: { 200: MadeUserShape },
      access: 'user',
      rate: 'read',
      body: NewAccount,
      async handle({ body, principal, reply }) {
        if (!principal.permissions.has('manage-users')) return notAllowed(reply, 'Adding user is not allowed', 'Adding_user')
        const { email, name, password, username, active, statusText } = body
        const roles = (body.roles ?? ['user']).filter(isRole)
        if (roles.length < (body.roles ?? roles).length)
          return notAllowed(reply, 'The field Roles consist invalid role id', 'Assign_role')
        if (statusText && !settings.current.notesAllowed)
          throw new Failure('forbidden', 'Notes are not allowed.', { reason: 'notes_not_allowed' })
        const admin = administration.as(principal)
        const made = { email, name, password, username, roles, bot: roles.includes('bot'), active: active ?? true }
        const user = await admin.createUser(made)
        const { view, commands } = presence.as(principal, NAME)
        if (statusText) await commands.change(user.id, eventsOf({ status: null, message: statusText, until: null }))
        const shown = view.get(user.id)
        return success({ user: shown === null ? { _id: user.ids[NAME] } : fullProfileOf(user, shown, principal) })
      },
    }),
    route({
      rule: 'RC-1.5-10',
      method: 'POST',
      path: '/api/v1/users.setPreferences',
      summary: 'Keep preferences of clients',
      answers: { 200: KeptPreferencesShape },
      access: 'user',
      rate: 'read',
      body: NewPreferences,
      async handle({ body: { userId: id, data }, principal, reply }) {
        const userId = id ? people.find(NAME, id) : principal.userId
        if (userId !== principal.userId && !principal.permissions.has('set-others-presence'))
          return refusal(reply, { code: 'error-action-not-allowed', reason: 'Editing user is not allowed' })
        if (userId === null) {
          const reason = 'The optional "userId" param provided does not match any users'
          return refusal(reply, { code: 'error-invalid-user', reason })
        }
        const admin = administration.as(principal)
        await admin.putPreferences(userId, storedAs(data))
        const preferences = preferencesOf(await admin.preferences(userId))
        return success({ user: { _id: people.idIn(NAME, userId), settings: { preferences } } })
      },
    }),
    route({
      rule: 'RC-1.5-15',
      method: 'POST',
      path: '/api/v1/users.updateOwnBasicInfo',
      summary: 'Change one’s own status, text or name',
      answers: { 200: OwnAccountShape },
      access: 'user',
      rate: 'set',
      body: OwnUpdate,
      async handle({ body: { data }, principal, request, reply }) {
        const { name, statusText = null, statusType } = data
        if (data.email || data.username || data.newPassword)
          return refusal(reply, {
            code: 'error-action-not-allowed',
            reason: 'Only name, statusText and statusType are changed here',
          })
        const status = statusType ? STATUSES.find((known) => known === statusType) : null
        if (status === undefined) return refusal(reply, { code: 'error-not-allowed', reason: 'Invalid status type' })
        if (status !== null || statusText !== null)
          await presence
            .as(principal, NAME)
            .commands.change(principal.userId, eventsOf({ status, message: statusText, until: null }))
        if (name) await administration.as(principal).updateUser(principal.userId, { name })
        return success({ user: ownAccountOf(services, principal, request) })
      },
    }),
  ]
}

function notAllowed(reply: FastifyReply, reason: string, action: string): string {
  return refusal(reply, { code: 'error-action-not-allowed', reason, details: { method: 'insertOrUpdateUser', action } })
}

const isRole = (name: string): name is Role => ROLES.some((role) => role === name)
