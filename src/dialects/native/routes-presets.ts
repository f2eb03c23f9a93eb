import { Type } from 'typebox'
import type { Preset } from '../../core/accounts.ts'
import type { Services } from '../../core/service.ts'
import { AVAILABILITIES, type Availability } from '../../core/vocabulary.ts'
import { type Route, route } from '../../http/route.ts'
import { answerTagged, tag } from './answers.ts'
import { fields } from './schemas.ts'
import { TimeShape } from './shapes.ts'
import { timeOf } from './translate.ts'

/** How a preset is kept that leaves the availability as it is. */
const NO_AVAILABILITY = 'none'

const MaybeAvailability = Type.Unsafe<Availability | null>({ enum: [...AVAILABILITIES, null] })
const PresetFields = fields({ name: Type.String({ maxLength: 1_024 }), availability: Type.Optional(MaybeAvailability) })
const ByPreset = fields({ preset: Type.String() })
const PresetShape = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    availability: Type.Union([Type.Enum([...AVAILABILITIES]), Type.Null()], { description: 'null: it is a note alone.' }),
    updatedAt: TimeShape,
  },
  { additionalProperties: false, title: 'Preset' },
)
const PresetsShape = fields({ presets: Type.Array(PresetShape) })

/** Ready-made statuses that pickers offer; setting a status never looks at them. */
export function presetRoutes({ administration }: Services): readonly Route[] {
  const shared = { rule: 'J12', access: 'user', rate: 'read' } as const
  return [
    route({
      ...shared,
      method: 'GET',
      path: '/v1/presets',
      summary: 'List ready-made statuses',
      answers: { 200: PresetsShape, 304: null },
      async handle({ principal, request, reply }) {
        const presets = (await administration.as(principal).presets()).map(presetOut)
        return answerTagged(tag(JSON.stringify({ presets })), request, reply)
      },
    }),
    route({
      ...shared,
      method: 'POST',
      path: '/v1/presets',
      repeatable: true,
      summary: 'Make a ready-made status',
      answers: { 201: PresetShape },
      refuses: [409],
      body: PresetFields,
      async handle({ body, principal, reply }) {
        const made = await administration.as(principal).putPreset(presetIn(body))
        reply.code(201)
        return presetOut(made)
      },
    }),
    route({
      ...shared,
      method: 'PUT',
      path: '/v1/presets/:preset',
      summary: 'Change a ready-made status',
      answers: { 200: PresetShape },
      refuses: [404, 409],
      params: ByPreset,
      body: PresetFields,
      handle: async ({ params, body, principal }) =>
        presetOut(await administration.as(principal).putPreset({ id: params.preset, ...presetIn(body) })),
    }),
    route({
      ...shared,
      method: 'DELETE',
      path: '/v1/presets/:preset',
      summary: 'Delete a ready-made status',
      answers: { 204: null },
      refuses: [404],
      params: ByPreset,
      async handle({ params, principal, reply }) {
        await administration.as(principal).deletePreset(params.preset)
        return reply.code(204).send()
      },
    }),
  ]
}

const presetIn = ({ name, availability }: { name: string; availability?: Availability | null }) => ({
  name,
  availability: availability ?? NO_AVAILABILITY,
})

/** Other doors keep words of their own: what is no availability is none. */
const presetOut = ({ id, name, availability, updatedAt }: Preset): object => ({
  id,
  name,
  availability: AVAILABILITIES.find((word) => word === availability) ?? null,
  updatedAt: timeOf(updatedAt),
})
