import { Type } from 'typebox'
import type { Preference } from '../../core/accounts.ts'
import type { Services } from '../../core/service.ts'
import { type Route, route } from '../../http/route.ts'
import { answerTagged, tag } from './answers.ts'
import { ByUser, fields } from './schemas.ts'
import { userOf } from './translate.ts'

/** Preferences in one request. */
const PREFERENCES_MAX = 1_000

const Word = Type.String({ minLength: 1, maxLength: 1_024 })
const Value = Type.String({ maxLength: 65_536 })
const PreferenceShape = Type.Object(
  { category: Type.String(), name: Type.String(), value: Type.String() },
  { additionalProperties: false, title: 'Preference' },
)
const PreferencesShape = fields({ preferences: Type.Array(PreferenceShape) })
const PreferenceFields = fields({
  preferences: Type.Array(
    fields({
      category: Word,
      name: Word,
      value: Type.Unsafe<string | null>({ ...Value, type: ['string', 'null'], description: 'null deletes it.' }),
    }),
    { maxItems: PREFERENCES_MAX },
  ),
})

/** What clients keep for a user. */
export function preferenceRoutes({ administration, people }: Services): readonly Route[] {
  const path = '/v1/users/:user/preferences'
  const shared = { rule: 'N54', access: 'user', rate: 'read', params: ByUser, path, refuses: [404] } as const
  return [
    route({
      ...shared,
      method: 'GET',
      summary: 'Read what clients keep for a user',
      answers: { 200: PreferencesShape, 304: null },
      async handle({ params, principal, request, reply }) {
        const preferences = await administration.as(principal).preferences(userOf(params.user, principal, people))
        return answerTagged(tag(JSON.stringify({ preferences })), request, reply)
      },
    }),
    route({
      ...shared,
      method: 'PATCH',
      summary: 'Keep or delete some of it',
      answers: { 200: PreferencesShape },
      body: PreferenceFields,
      async handle({ params, body: { preferences }, principal }) {
        const own = administration.as(principal)
        const userId = userOf(params.user, principal, people)
        const deleted = preferences.filter(({ value }) => value === null)
        const kept = preferences.filter((preference): preference is Preference => preference.value !== null)
        await own.putPreferences(userId, kept)
        if (deleted.length > 0) await own.deletePreferences(userId, deleted)
        return { preferences: await own.preferences(userId) }
      },
    }),
  ]
}
