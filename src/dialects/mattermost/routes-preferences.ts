import { Type } from 'typebox'
import type { Preference } from '../../core/accounts.ts'
import type { Principal } from '../../core/principal.ts'
import { type Route, route } from '../../http/route.ts'
import { mayChange } from './access.ts'
import { bodyOf } from './body.ts'
import { appError } from './errors.ts'
import { decodeArray, decodeStruct, encode } from './go-json.ts'
import { SPACE } from './ids.ts'
import { OK } from './manners.ts'
import { isSame } from './preferences.ts'
import { ByUser, USER } from './routes-status.ts'
import { NewPreferences, OkShape, PreferenceShape, PreferencesShape } from './shapes.ts'
import { idInPath, type Voice } from './voice.ts'

const PREFERENCE_FIELDS = { user_id: 'string', category: 'string', name: 'string', value: 'string' } as const
/** Preferences in one request. */
const PREFERENCES_MAX = 100

/** What clients keep for a user. */
export function preferenceRoutes(voice: Voice): Route[] {
  const { services } = voice
  const { administration, people } = services
  const shared = { access: 'user', rate: 'read' } as const
  const path = `${USER}/preferences`

  const ownerIn = (id: string, principal: Principal): { id: string; userId: string } => {
    const named = idInPath(id, principal, services)
    const userId = people.find(SPACE, named)
    if (userId === null || !mayChange(principal, userId, services)) throw appError('permissions')
    return { id: named, userId }
  }
  const listed = async ({ params, principal }: Asked, wanted: (preference: Preference) => boolean): Promise<Written[]> => {
    const { id, userId } = ownerIn(params.user_id, principal)
    const preferences = await administration.as(principal).preferences(userId)
    return preferences.filter(wanted).map(({ category, name, value }) => ({ user_id: id, category, name, value }))
  }
  const given = (body: string, id: string): Preference[] => {
    const texts = decodeArray(body) ?? []
    if (texts.length === 0 || texts.length > PREFERENCES_MAX) throw appError('invalid_body_param', 'preferences')
    const preferences = texts.map((preference) => decodeStruct(preference, PREFERENCE_FIELDS))
    if (preferences.includes(null)) throw appError('invalid_body_param', 'preferences')
    const all = preferences.filter((preference) => preference !== null)
    if (all.some((preference) => preference.user_id !== id)) throw appError('permissions')
    return all.map(({ category, name, value }) => ({ category, name, value }))
  }

  return [
    route({
      rule: 'MM-3.1-20',
      method: 'GET',
      path,
      summary: 'Read all preferences',
      answers: { 200: PreferencesShape },
      ...shared,
      params: ByUser,
      handle: async (call) => encode(await listed(call, () => true)),
    }),
    route({
      rule: 'MM-3.1-21',
      method: 'GET',
      path: `${path}/:category(^.+$)`,
      summary: 'Read the preferences of a category',
      answers: { 200: PreferencesShape },
      ...shared,
      params: Type.Object({ user_id: Type.String(), category: Type.String() }),
      handle: async (call) => encode(await listed(call, ({ category }) => category === call.params.category)),
    }),
    route({
      rule: 'MM-3.1-21',
      method: 'GET',
      path: `${path}/:category/name/:name(^.+$)`,
      summary: 'Read a preference',
      answers: { 200: PreferenceShape },
      ...shared,
      params: Type.Object({ user_id: Type.String(), category: Type.String(), name: Type.String() }),
      async handle(call) {
        const [found] = await listed(call, (preference) => isSame(preference, call.params))
        if (found === undefined) throw appError('no_preference')
        return encode(found)
      },
    }),
    route({
      rule: 'MM-3.1-22',
      method: 'PUT',
      path,
      summary: 'Keep preferences',
      answers: { 200: OkShape },
      reads: { body: NewPreferences },
      ...shared,
      params: ByUser,
      async handle({ params, principal, request }) {
        const { id, userId } = ownerIn(params.user_id, principal)
        await administration.as(principal).putPreferences(userId, given(await bodyOf(request), id))
        return OK
      },
    }),
    route({
      rule: 'MM-3.1-23',
      method: 'POST',
      path: `${path}/delete`,
      summary: 'Delete preferences',
      answers: { 200: OkShape },
      reads: { body: NewPreferences },
      ...shared,
      params: ByUser,
      async handle({ params, principal, request }) {
        const { id, userId } = ownerIn(params.user_id, principal)
        await administration.as(principal).deletePreferences(userId, given(await bodyOf(request), id))
        return OK
      },
    }),
  ]
}

interface Asked {
  readonly params: { readonly user_id: string }
  readonly principal: Principal
}

interface Written extends Preference {
  readonly user_id: string
}
