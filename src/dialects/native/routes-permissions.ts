import { Type } from 'typebox'
import { PERMISSIONS, ROLES } from '../../core/principal.ts'
import type { Services } from '../../core/service.ts'
import { type Route, route } from '../../http/route.ts'
import { answerTagged, tag } from './answers.ts'
import { fields } from './schemas.ts'

const Roles = Type.Array(Type.Enum([...ROLES]), { maxItems: ROLES.length })
const PermissionsShape = Type.Record(Type.Enum([...PERMISSIONS]), Roles, {
  title: 'RolePermissions',
  additionalProperties: false,
  description: 'The roles that have each permission.',
})
const PermissionFields = Type.Partial(fields(Object.fromEntries(PERMISSIONS.map((permission) => [permission, Roles]))), {
  additionalProperties: false,
})

/** What each role may do. */
export function permissionRoutes({ administration }: Services): readonly Route[] {
  const shared = { rule: 'N53', access: 'user', rate: 'read', path: '/v1/permissions' } as const
  return [
    route({
      ...shared,
      method: 'GET',
      summary: 'See which roles have which permissions',
      answers: { 200: PermissionsShape, 304: null },
      async handle({ principal, request, reply }) {
        const permissions = await administration.as(principal).rolePermissions()
        return answerTagged(tag(JSON.stringify(permissions)), request, reply)
      },
    }),
    route({
      ...shared,
      method: 'PATCH',
      summary: 'Give permissions to exactly the roles that are named',
      answers: { 200: PermissionsShape },
      body: PermissionFields,
      async handle({ body, principal }) {
        const own = administration.as(principal)
        await own.changeRolePermissions(body)
        return own.rolePermissions()
      },
    }),
  ]
}
