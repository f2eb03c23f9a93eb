import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import type { Preset } from '../../core/accounts.ts'
import type { Services } from '../../core/service.ts'
import { type Route, route } from '../../http/route.ts'
import { failure, refusal, success } from './answers.ts'
import { PAGE, pageOf, refuseParameter, sorted, sortOf } from './pages.ts'
import { DoneShape, OnePresetShape, PresetsShape } from './shapes.ts'
import { NO_STATUS, STATUSES, statusTypeOf, timeText } from './translate.ts'
import { closed, NullableString } from './validation.ts'

const METHOD = 'insertOrUpdateUserStatus'
const ListQuery = Type.Object(
  { ...PAGE, name: Type.Optional(NullableString), _id: Type.Optional(NullableString), query: Type.Optional(NullableString) },
  closed,
)
const Created = Type.Object({ name: Type.String(), statusType: Type.Optional(NullableString) }, closed)
const Updated = Type.Object({ _id: Type.String(), name: Type.String(), statusType: Type.Optional(NullableString) }, closed)
const Deleted = Type.Object({ customUserStatusId: Type.String({ minLength: 1 }) }, closed)

/** Ready-made statuses that pickers offer; setting a status never looks at them. */
export function presetRoutes({ administration }: Services): Route[] {
  return [
    route({
      rule: 'RC-1.5-6',
      method: 'GET',
      path: '/api/v1/custom-user-status.list',
      summary: 'List ready-made statuses',
      answers: { 200: PresetsShape },
      access: 'user',
      rate: 'read',
      query: ListQuery,
      async handle({ query, principal, reply }) {
        const sort = sortOf(query.sort, 'name')
        if (sort === null) return refuseParameter(reply, 'sort', query.sort)
        const wanted = (query.name ?? '').toLowerCase()
        const presets = (await administration.as(principal).presets())
          .filter(({ id, name }) => name.toLowerCase().includes(wanted) && (!query._id || id === query._id))
          .map(shapeOf)
        const { page, offset } = pageOf(sorted(presets, sort), query)
        return success({ statuses: page, count: page.length, offset, total: presets.length })
      },
    }),
    route({
      rule: 'RC-1.5-8',
      method: 'POST',
      path: '/api/v1/custom-user-status.create',
      summary: 'Make a ready-made status',
      answers: { 200: OnePresetShape },
      access: 'user',
      rate: 'read',
      body: Created,
      async handle({ body, principal, reply }) {
        if (!principal.permissions.has('manage-presets')) return refusal(reply, { code: 'not_authorized' })
        const admin = administration.as(principal)
        const wrong = refusePreset(body, await admin.presets(), reply)
        if (wrong !== null) return wrong
        const preset = shapeOf(await admin.putPreset({ name: body.name, availability: body.statusType || NO_STATUS }))
        return success({ customUserStatus: preset })
      },
    }),
    route({
      rule: 'RC-1.7-7',
      method: 'POST',
      path: '/api/v1/custom-user-status.update',
      summary: 'Change a ready-made status',
      answers: { 200: OnePresetShape },
      access: 'user',
      rate: 'read',
      body: Updated,
      async handle({ body, principal, reply }) {
        const admin = administration.as(principal)
        const presets = await admin.presets()
        if (!presets.some(({ id }) => id === body._id))
          return failure(reply, `No custom user status found with the id of "${body._id}".`)
        if (!principal.permissions.has('manage-presets')) return refusal(reply, { code: 'not_authorized' })
        const wrong = refusePreset(
          body,
          presets.filter(({ id }) => id !== body._id),
          reply,
        )
        if (wrong !== null) return wrong
        const availability = body.statusType || NO_STATUS
        const preset = shapeOf(await admin.putPreset({ id: body._id, name: body.name, availability }))
        return success({ customUserStatus: preset })
      },
    }),
    route({
      rule: 'RC-1.7-8',
      method: 'POST',
      path: '/api/v1/custom-user-status.delete',
      summary: 'Delete a ready-made status',
      answers: { 200: DoneShape },
      access: 'user',
      rate: 'read',
      body: Deleted,
      async handle({ body: { customUserStatusId }, principal, reply }) {
        if (!principal.permissions.has('manage-presets')) return refusal(reply, { code: 'not_authorized' })
        const admin = administration.as(principal)
        if ((await admin.presets()).some(({ id }) => id === customUserStatusId)) {
          await admin.deletePreset(customUserStatusId)
          return success()
        }
        const code = 'Custom_User_Status_Error_Invalid_User_Status'
        return refusal(reply, { code, reason: 'Invalid user status', details: { method: 'deleteCustomUserStatus' } })
      },
    }),
  ]
}

/** Null: the preset may be stored beside the others. */
function refusePreset(
  { name, statusType }: { readonly name: string; readonly statusType?: string | null },
  others: readonly Preset[],
  reply: FastifyReply,
): string | null {
  const invalid = (input: string, field: string, what: string): string =>
    refusal(reply, {
      code: 'error-input-is-not-a-valid-field',
      reason: `${input} is not a valid ${what}`,
      details: { method: METHOD, input, field },
    })
  if (name.trim() === '') {
    const details = { method: METHOD, field: 'Name' }
    return refusal(reply, { code: 'error-the-field-is-required', reason: 'The field Name is required', details })
  }
  if (/[><&"']/.test(name)) return invalid(name, 'Name', 'name')
  if (statusType && !STATUSES.some((status) => status === statusType)) return invalid(statusType, 'StatusType', 'status type')
  if (!others.some((other) => other.name === name)) return null
  const code = 'Custom_User_Status_Error_Name_Already_In_Use'
  return refusal(reply, { code, reason: 'The custom user status name is already in use', details: { method: METHOD } })
}

const shapeOf = ({ id, name, availability, updatedAt }: Preset) => ({
  _id: id,
  name,
  statusType: statusTypeOf(availability),
  _updatedAt: timeText(updatedAt),
})
