import { Type } from 'typebox'
import { type Permission, ROLES, type Role } from '../../core/principal.ts'
import type { Services } from '../../core/service.ts'
import { type Route, route } from '../../http/route.ts'
import { failure, forbidden, success } from './answers.ts'
import { DoneShape, withSuccess } from './shapes.ts'
import { closed } from './validation.ts'
import { PERMISSION_IN, SETTING_IN, settingChange } from './workspace.ts'

/** What the product's free edition counts up to; ours never switches presence off. */
const CONNECTIONS_MAX = 200

const ById = Type.Object({ id: Type.String() })
const SettingUpdate = Type.Object({ value: Type.Optional(Type.Unknown()) })
const PermissionUpdate = Type.Object(
  {
    permissions: Type.Array(Type.Object({ _id: Type.String(), roles: Type.Array(Type.String(), { uniqueItems: true }) }, closed)),
  },
  closed,
)

const SettingShape = withSuccess('Setting', { _id: Type.String(), value: Type.Union([Type.Boolean(), Type.Number()]) })
const PermissionsShape = withSuccess('Permissions', {
  permissions: Type.Array(Type.Object({ _id: Type.String(), roles: Type.Array(Type.String()) }, closed)),
})
const ConnectionsShape = withSuccess('Connections', { current: Type.Integer(), max: Type.Integer() })

/** Settings, permissions and the switch of presence as a whole. `openSockets`: how many there are now, of all kinds. */
export function administrationRoutes({ administration, settings }: Services, openSockets: () => number): Route[] {
  return [
    route({
      rule: 'RC-1.7-5',
      method: 'GET',
      path: '/api/v1/settings/:id',
      summary: 'Read a setting',
      answers: { 200: SettingShape },
      access: 'user',
      rate: 'read',
      permission: 'manage-settings',
      params: ById,
      handle({ params: { id }, principal, reply }) {
        if (!principal.scopes.has('admin')) return forbidden(reply)
        const name = SETTING_IN.get(id)
        return name === undefined ? failure(reply) : success({ _id: id, value: settings.current[name] })
      },
    }),
    route({
      rule: 'RC-1.7-6',
      method: 'POST',
      path: '/api/v1/settings/:id',
      summary: 'Change a setting',
      answers: { 200: DoneShape },
      access: 'user',
      rate: 'read',
      permission: 'manage-settings',
      params: ById,
      body: SettingUpdate,
      async handle({ params: { id }, body: { value }, principal, reply }) {
        const name = SETTING_IN.get(id)
        const change = name === undefined ? null : settingChange(name, value, settings.current)
        if (change === null) return failure(reply)
        await administration.as(principal).changeSettings(change)
        return success()
      },
    }),
    route({
      rule: 'RC-1.7-10',
      method: 'POST',
      path: '/api/v1/permissions.update',
      summary: 'Give permissions to roles',
      answers: { 200: PermissionsShape },
      access: 'user',
      rate: 'read',
      permission: 'manage-settings',
      body: PermissionUpdate,
      async handle({ body: { permissions }, principal, reply }) {
        const change: Partial<Record<Permission, readonly Role[]>> = {}
        for (const { _id, roles } of permissions) {
          const permission = PERMISSION_IN.get(_id)
          if (permission === undefined) return failure(reply, 'Invalid permission', 'error-invalid-permission')
          if (!roles.every(isRole)) return failure(reply, 'Invalid role', 'error-invalid-role')
          change[permission] = roles
        }
        const admin = administration.as(principal)
        await admin.changeRolePermissions(change)
        const all = await admin.rolePermissions()
        return success({ permissions: [...PERMISSION_IN].map(([_id, permission]) => ({ _id, roles: all[permission] })) })
      },
    }),
    route({
      rule: 'RC-1.5-12',
      method: 'GET',
      path: '/api/v1/presence.getConnections',
      summary: 'Count the open connections',
      answers: { 200: ConnectionsShape },
      access: 'user',
      rate: 'read',
      permission: 'manage-presets',
      handle: ({ principal, reply }) =>
        principal.scopes.has('admin') ? success({ current: openSockets(), max: CONNECTIONS_MAX }) : forbidden(reply),
    }),
    route({
      rule: 'RC-1.5-13',
      method: 'POST',
      path: '/api/v1/presence.enableBroadcast',
      summary: 'Switch broadcasting on again',
      answers: { 200: DoneShape },
      access: 'user',
      rate: 'read',
      permission: 'manage-presets',
      async handle({ principal }) {
        await administration.as(principal).changeSettings({ broadcastDisabled: false })
        return success()
      },
    }),
  ]
}

const isRole = (name: string): name is Role => ROLES.some((role) => role === name)
