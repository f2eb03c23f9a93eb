import type { Settings } from '../../core/accounts.ts'
import type { Permission } from '../../core/principal.ts'

type SettingName = 'notesAllowed' | 'invisibleAllowed' | 'broadcastDisabled' | 'rateCallsMax' | 'rateWindowMs'

/** The product's settings that presence knows. */
export const SETTING_IN: ReadonlyMap<string, SettingName> = new Map([
  ['Accounts_AllowUserStatusMessageChange', 'notesAllowed'],
  ['Accounts_AllowInvisibleStatusOption', 'invisibleAllowed'],
  ['Presence_broadcast_disabled', 'broadcastDisabled'],
  ['API_Enable_Rate_Limiter_Limit_Calls_Default', 'rateCallsMax'],
  ['API_Enable_Rate_Limiter_Limit_Time_Default', 'rateWindowMs'],
])

/** Null: the value is not of the kind that the setting has. */
export function settingChange(name: SettingName, value: unknown, current: Settings): Partial<Settings> | null {
  return typeof value === typeof current[name] ? { [name]: value } : null
}

/** There are no rooms here: whoever may look beyond a room is whoever may list users. */
export const PERMISSION_IN: ReadonlyMap<string, Permission> = new Map([
  ['edit-other-user-info', 'set-others-presence'],
  ['manage-user-status', 'manage-presets'],
  ['view-d-room', 'list-users'],
  ['view-outside-room', 'list-users'],
  ['api-bypass-rate-limit', 'bypass-rate-limit'],
])
