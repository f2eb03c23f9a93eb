import { Type } from 'typebox'
import type { Principal } from '../../core/principal.ts'
import type { Presence } from '../../core/vocabulary.ts'
import { type Route, route } from '../../http/route.ts'
import { mayChange } from './access.ts'
import { bodyOf } from './body.ts'
import { appError } from './errors.ts'
import { decodeStrings, decodeStruct } from './go-json.ts'
import { SPACE } from './ids.ts'
import { NewStatus, StatusesShape, StatusShape, UserIds } from './shapes.ts'
import { isSettable, statusEvent } from './translate.ts'
import { idInPath, type Voice } from './voice.ts'

export const ByUser = Type.Object({ user_id: Type.String() })

/** One user's path. Only letters and digits lead anywhere. */
export const USER = '/api/v4/users/:user_id(^[A-Za-z0-9]+$)'

const STATUS_FIELDS = {
  user_id: 'string',
  status: 'string',
  manual: 'boolean',
  last_activity_at: 'integer',
  active_channel: 'string',
  dnd_end_time: 'integer',
} as const

/** Bytes of an id in a list; what the bytes are does not matter there. */
const ID_BYTES = 26

/** Statuses: of one user, of many, and setting one. */
export function statusRoutes(voice: Voice): Route[] {
  const { services } = voice
  const { people, settings } = services

  const one = (id: string, principal: Principal): string => {
    if (!settings.current.statusesEnabled) throw appError('status_user_not_found')
    const userId = people.find(SPACE, id)
    return voice.status(id, userId === null ? null : voice.as(principal).view.get(userId))
  }
  return [
    route({
      rule: 'MM-G1',
      method: 'GET',
      path: `${USER}/status`,
      summary: 'Read a user’s status',
      answers: { 200: StatusShape },
      access: 'user',
      rate: 'read',
      params: ByUser,
      handle: ({ params, principal }) => one(idInPath(params.user_id, principal, services), principal),
    }),
    route({
      rule: 'MM-P1',
      method: 'PUT',
      path: `${USER}/status`,
      summary: 'Set a status',
      answers: { 200: StatusShape },
      reads: { body: NewStatus },
      access: 'user',
      rate: 'set',
      params: ByUser,
      async handle({ params, principal, request }) {
        const id = idInPath(params.user_id, principal, services)
        const wanted = decodeStruct(await bodyOf(request), STATUS_FIELDS)
        if (wanted === null) throw appError('invalid_body_param', 'status')
        if (wanted.user_id !== id) throw appError('invalid_body_param', 'user_id')
        const userId = people.find(SPACE, id)
        if (!mayChange(principal, userId, services)) throw appError('permissions')
        if (!isSettable(wanted.status)) throw appError('invalid_body_param', 'status')
        if (userId === null || !settings.current.statusesEnabled) throw appError('status_user_not_found')
        const event = statusEvent(wanted.status, wanted.dnd_end_time)
        return voice.status(id, await voice.as(principal).commands.change(userId, [event], { lapsedEndAccepted: true }))
      },
    }),
    route({
      rule: 'MM-I1',
      method: 'POST',
      path: '/api/v4/users/status/ids',
      summary: 'Read the statuses of several users',
      answers: { 200: StatusesShape },
      reads: { body: UserIds },
      access: 'user',
      rate: 'read',
      async handle({ principal, request }) {
        const ids = decodeStrings(await bodyOf(request))
        if (ids === null) throw appError('parse')
        if (ids.length === 0 || !areIds(ids)) throw appError('invalid_body_param', 'user_ids')
        return settings.current.statusesEnabled ? many(sorted(ids), principal) : '[]'
      },
    }),
  ]

  function many(ids: readonly string[], principal: Principal): string {
    const { view } = voice.as(principal)
    const shown: (Presence | null)[] = []
    const statuses: string[] = []
    for (const id of ids) {
      const userId = people.find(SPACE, id)
      const presence = userId === null ? null : view.get(userId)
      shown.push(presence)
      statuses.push(voice.status(id, presence))
    }
    voice.lines.asked(principal.userId, shown)
    return `[${statuses.join()}]`
  }
}

/** All at once where they have as many characters as bytes, which is far the most usual. */
function areIds(ids: readonly string[]): boolean {
  if (ids.every((id) => id.length === ID_BYTES)) return Buffer.byteLength(ids.join('')) === ID_BYTES * ids.length
  return ids.every((id) => Buffer.byteLength(id) === ID_BYTES)
}

/** Each id once, in the order of its bytes. */
function sorted(ids: string[]): readonly string[] {
  if (isSorted(ids)) return ids
  if (ids.every((id) => id.length === ID_BYTES)) ids.sort()
  else ids.sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)))
  return ids.filter((id, at) => id !== ids[at - 1])
}

/** Whether they are so already: as clients ask who keep what they were answered. */
function isSorted(ids: readonly string[]): boolean {
  for (let at = 0; at < ids.length; at++) {
    const [before, id] = [ids[at - 1] ?? '', ids[at] ?? '']
    if (id.length !== ID_BYTES || (at > 0 && id <= before)) return false
  }
  return true
}
