import { type TSchema, Type } from 'typebox'
import type { Preference } from '../../core/accounts.ts'
import { NAME } from './ids.ts'
import { closed } from './validation.ts'

/** What clients assume of a user who has not chosen otherwise; the limit is in seconds. */
const DEFAULT_PREFERENCES = { enableAutoAway: true, idleTimeLimit: 300 }

/** The product's preferences by the kind of their values; kept for its clients, and opaque here. */
const TEXTS =
  'newRoomNotification newMessageNotification emailNotificationMode desktopNotifications pushNotifications sendOnEnter language ' +
  'sidebarSortby sidebarViewMode themeAppearence fontSize'
const NUMBERS = 'clockMode masterVolume notificationsSoundVolume voipRingerVolume idleTimeLimit utcOffset'
const SWITCHES =
  'useEmojis convertAsciiEmoji saveMobileBandwidth collapseMediaByDefault autoImageLoad unreadAlert enableAutoAway ' +
  'showThreadsInMainChannel desktopNotificationRequireInteraction hideUsernames hideRoles displayAvatars hideFlexTab ' +
  'sidebarShowFavorites sidebarShowUnread sidebarDisplayAvatar sidebarGroupByType muteFocusedConversations ' +
  'receiveLoginDetectionEmail notifyCalendarEvents omnichannelTranscriptEmail omnichannelTranscriptPDF ' +
  'omnichannelHideConversationAfterClosing enableMobileRinging mentionsWithSymbol desktopNotificationVoiceCalls'
const LISTS = {
  highlights: { type: 'array', items: { type: 'string' }, nullable: true },
  statusVisibilityDenied: { type: 'array', items: { type: 'string' } },
  dontAskAgainList: { type: 'array', items: { type: 'object' }, nullable: true },
  featuresPreview: { type: 'array', items: { type: 'object' }, nullable: true },
  alsoSendThreadToChannel: { type: 'string', enum: ['default', 'always', 'never'], nullable: true },
}

export const PreferenceValues = Type.Unsafe<Readonly<Record<string, unknown>>>({
  type: 'object',
  properties: { ...eachOf(TEXTS, 'string'), ...eachOf(NUMBERS, 'number'), ...eachOf(SWITCHES, 'boolean'), ...LISTS },
  ...closed,
})

/** What a user chose, over what clients assume. */
export function preferencesOf(stored: readonly Preference[]): Readonly<Record<string, unknown>> {
  const chosen = stored.filter(({ category }) => category === NAME).map(({ name, value }) => [name, JSON.parse(value)])
  return { ...DEFAULT_PREFERENCES, ...Object.fromEntries(chosen) }
}

/** As they are stored: each value is JSON. */
export function storedAs(values: Readonly<Record<string, unknown>>): Preference[] {
  return Object.entries(values).map(([name, value]) => ({ category: NAME, name, value: JSON.stringify(value) }))
}

function eachOf(names: string, type: string): Record<string, TSchema> {
  return Object.fromEntries(names.split(' ').map((name) => [name, Type.Unsafe({ type, nullable: true })]))
}
