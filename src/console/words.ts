import { computed, signal } from '@preact/signals'
import type { ShownPresence } from '../client/client.ts'
import { GERMAN } from './german.ts'
import { ENGLISH, type MessageKey } from './messages.ts'
import { kept } from './settled.ts'

export const LANGUAGES = { en: 'English', de: 'Deutsch' } as const
export type Language = keyof typeof LANGUAGES

const TABLES: Record<Language, Record<MessageKey, string>> = { en: ENGLISH, de: GERMAN }

const told = kept('language')
/** The reader's choice, else what the browser prefers. */
export const language = signal<Language>(languageOf(told.read() ?? navigator.language))

export function speak(wanted: Language): void {
  language.value = wanted
  told.write(wanted)
}

function languageOf(text: string): Language {
  return text.toLowerCase().startsWith('de') ? 'de' : 'en'
}

/** What each setting that this console knows is called. */
export const SETTINGS = {
  notesAllowed: 'setting.notesAllowed',
  invisibleAllowed: 'setting.invisibleAllowed',
  broadcastDisabled: 'setting.broadcastDisabled',
  broadcastOthers: 'setting.broadcastOthers',
  statusesEnabled: 'setting.statusesEnabled',
  awayAfterMs: 'setting.awayAfterMs',
  graceMs: 'setting.graceMs',
  declaredOnlineMaxMs: 'setting.declaredOnlineMaxMs',
  allowedOrigins: 'setting.allowedOrigins',
  webhookHosts: 'setting.webhookHosts',
  rateCallsMax: 'setting.rateCallsMax',
  rateWindowMs: 'setting.rateWindowMs',
  history: 'setting.history',
  historyDays: 'setting.historyDays',
  auditDays: 'setting.auditDays',
} as const satisfies Record<string, MessageKey>

export type SettingName = keyof typeof SETTINGS

/** A message in the reader's language. */
export function t(key: MessageKey, filled: Readonly<Record<string, string | number>> = {}): string {
  const [one = '', several = one] = TABLES[language.value][key].split('|')
  const text = filled['count'] === 1 ? one : several
  return text.replace(/\{(\w+)\}/g, (_, name) => {
    const value = filled[name] ?? ''
    return typeof value === 'number' ? numbers.value.format(value) : value
  })
}

/** The reader's own region where it speaks that language: it decides how times are written. */
const region = computed(() => navigator.languages.find((one) => languageOf(one) === language.value) ?? language.value)
const numbers = computed(() => new Intl.NumberFormat(region.value, { maximumFractionDigits: 1 }))

const CLOCK = { hour: '2-digit', minute: '2-digit' } as const
const DAY = { day: 'numeric', month: 'short' } as const
const clock = computed(() => new Intl.DateTimeFormat(region.value, CLOCK))
const dayAndClock = computed(() => new Intl.DateTimeFormat(region.value, { weekday: 'short', ...DAY, ...CLOCK }))
const wholeDay = computed(() => new Intl.DateTimeFormat(region.value, { year: 'numeric', ...DAY, ...CLOCK }))
export const collator = computed(() => new Intl.Collator(language.value, { numeric: true, sensitivity: 'base' }))

const NEAR_MS = 6 * 86_400_000

/** An instant as people say it: the clock alone when it is today, with the day when it is near. */
export function timeWords(instant: number): string {
  const now = Date.now()
  if (new Date(instant).toDateString() === new Date(now).toDateString()) return clock.value.format(instant)
  return (Math.abs(now - instant) < NEAR_MS ? dayAndClock : wholeDay).value.format(instant)
}

export const numberWords = (count: number): string => numbers.value.format(count)

/** In words: "busy, in a meeting". */
export function presenceWords(presence: Pick<ShownPresence, 'availability' | 'activity'> | null): string {
  if (presence === null) return t('unknown')
  const { availability, activity } = presence
  return activity === null ? t(availability) : `${t(availability)}, ${t(activity)}`
}
