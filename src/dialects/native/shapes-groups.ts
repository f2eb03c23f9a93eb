import { Type } from 'typebox'
import { AVAILABILITIES } from '../../core/vocabulary.ts'
import { fields } from './schemas.ts'
import { PresenceShape, TimeShape } from './shapes.ts'

/* What answers about groups look like, for the API description. */

const Count = Type.Integer({ minimum: 0 })
const Cursor = Type.Union([Type.String(), Type.Null()], { description: 'Of the next page; null on the last.' })

export const GroupShape = Type.Object(
  { id: Type.String(), name: Type.String(), members: Count, createdAt: TimeShape, updatedAt: TimeShape },
  { additionalProperties: false, title: 'Group' },
)
export const GroupsShape = fields({ groups: Type.Array(GroupShape), cursor: Cursor })
export const PresencesShape = fields({ presences: Type.Array(PresenceShape), cursor: Cursor })
export const MembersChangedShape = fields({ added: Count, removed: Count, unknown: Type.Array(Type.String()) })
export const CountsShape = fields({
  group: Type.String(),
  members: Count,
  ...(Object.fromEntries(AVAILABILITIES.map((availability) => [availability, Count])) as Record<
    (typeof AVAILABILITIES)[number],
    typeof Count
  >),
})
export const FreeShape = fields({ presence: PresenceShape })
