import type { FastifyRequest } from 'fastify'
import type { Administration } from '../../core/accounts.ts'
import type { Principal } from '../../core/principal.ts'
import { type Route, route } from '../../http/route.ts'
import { mayChange } from './access.ts'
import { bodyOf } from './body.ts'
import { CUSTOM_STATUS_FIELDS, type WantedStatus, wantedStatus, withoutRecent, withRecent } from './custom-status.ts'
import { emojiName } from './emoji.ts'
import { appError } from './errors.ts'
import { decodeStruct } from './go-json.ts'
import { SPACE } from './ids.ts'
import { OK } from './manners.ts'
import { createTurns, RECENTS, recentsOf } from './preferences.ts'
import { ByUser, USER } from './routes-status.ts'
import { NewCustomStatus, OkShape } from './shapes.ts'
import { noteEvent } from './translate.ts'
import { idInPath, type Voice } from './voice.ts'

/** Custom statuses, and the recent ones that clients offer again. */
export function customStatusRoutes(voice: Voice): Route[] {
  const { services } = voice
  const { people, settings, administration } = services
  const shared = { access: 'user', rate: 'set', params: ByUser } as const
  const inTurn = createTurns()

  /** Whose it is; null: nobody's. What comes before any body. */
  const whose = (id: string, principal: Principal): string | null => {
    const named = idInPath(id, principal, services)
    if (!settings.current.notesAllowed) throw appError('custom_disabled')
    return people.find(SPACE, named)
  }
  const permitted = (userId: string | null, principal: Principal): void => {
    if (!mayChange(principal, userId, services)) throw appError('permissions')
  }
  const existing = (userId: string | null): string => {
    if (userId === null) throw appError('missing_account')
    return userId
  }
  const keep = (own: Administration, userId: string, value: string): Promise<void> =>
    own.putPreferences(userId, [{ ...RECENTS, value }])
  const keepRecent = async (userId: string, wanted: WantedStatus, { principal }: Pick<Asked, 'principal'>): Promise<void> => {
    const own = administration.as(principal)
    try {
      await inTurn(userId, async () => keep(own, userId, withRecent((await recentsOf(own, userId)) ?? '', wanted)))
    } catch (error) {
      services.log.warn({ err: error }, 'the custom status is set, but not kept among the recent ones')
    }
  }

  const forget = async ({ params, principal, request }: Asked & { params: { user_id: string } }): Promise<string> => {
    const userId = whose(params.user_id, principal)
    const given = decodeStruct(await bodyOf(request), CUSTOM_STATUS_FIELDS)
    if (given === null) throw appError('invalid_body_param', 'recent_custom_status')
    permitted(userId, principal)
    if (userId === null) throw appError('no_preference')
    const own = administration.as(principal)
    await inTurn(userId, async () => {
      const recents = await recentsOf(own, userId)
      if (recents === null) throw appError('no_preference')
      const value = given.emoji === '' && given.text === '' ? null : withoutRecent(recents, given)
      if (value === null) throw appError('recent_not_found')
      await keep(own, userId, value)
    })
    return OK
  }
  const forgetting = {
    ...shared,
    rule: 'MM-R1',
    summary: 'Forget a recent custom status',
    answers: { 200: OkShape },
    reads: { body: NewCustomStatus },
    refuses: [501],
    handle: forget,
  } as const

  return [
    route({
      rule: 'MM-C1',
      method: 'PUT',
      path: `${USER}/status/custom`,
      summary: 'Set a custom status',
      answers: { 200: OkShape },
      reads: { body: NewCustomStatus },
      refuses: [501],
      ...shared,
      async handle({ params, principal, request }) {
        const userId = whose(params.user_id, principal)
        const given = decodeStruct(await bodyOf(request), CUSTOM_STATUS_FIELDS)
        const timezone = userId === null ? null : (people.get(userId)?.timezone ?? null)
        const wanted = given === null ? null : wantedStatus(given, services.now(), timezone)
        if (given === null || wanted === null) throw appError('invalid_body_param', 'custom_status')
        permitted(userId, principal)
        const emoji = wanted.emoji === '' ? '' : emojiName(wanted.emoji)
        if (emoji === null) throw appError('emoji_not_found')
        const event = noteEvent({ text: wanted.text, emoji }, wanted.end?.at ?? null, given.text)
        await voice.as(principal).commands.change(existing(userId), [event])
        await keepRecent(existing(userId), { ...wanted, emoji }, { principal })
        return OK
      },
    }),
    route({
      rule: 'MM-D1',
      method: 'DELETE',
      path: `${USER}/status/custom`,
      summary: 'Withdraw the custom status',
      answers: { 200: OkShape },
      refuses: [501],
      ...shared,
      async handle({ params, principal }) {
        const userId = whose(params.user_id, principal)
        permitted(userId, principal)
        await voice.as(principal).commands.change(existing(userId), [{ type: 'note_withdrawn', via: null }])
        return OK
      },
    }),
    route({ ...forgetting, method: 'DELETE', path: `${USER}/status/custom/recent` }),
    route({ ...forgetting, method: 'POST', path: `${USER}/status/custom/recent/delete` }),
  ]
}

interface Asked {
  readonly principal: Principal
  readonly request: FastifyRequest
}
