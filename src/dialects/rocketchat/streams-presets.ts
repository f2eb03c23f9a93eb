import type { AdministrationService } from '../../core/accounts.ts'
import { streamEvent } from './ddp.ts'
import { statusTypeOf } from './translate.ts'

/** Tells those who listen when a ready-made status is put or deleted, wherever that was. */
export interface PresetEvents {
  /** Answers how to stop. Other events of the stream may be listened to as well: they never come. */
  listen(eventName: string, listener: Listener): () => void
}

type Listener = (message: string) => void

export function createPresetEvents({ onPreset }: Pick<AdministrationService, 'onPreset'>): PresetEvents {
  const listeners: Readonly<Record<string, Set<Listener>>> = {
    updateCustomUserStatus: new Set(),
    deleteCustomUserStatus: new Set(),
  }
  onPreset(({ id, name, availability }, change) => {
    const eventName = change === 'put' ? 'updateCustomUserStatus' : 'deleteCustomUserStatus'
    const userStatusData = { _id: id, name, statusType: statusTypeOf(availability) }
    const message = streamEvent('notify-logged', { eventName, args: [{ userStatusData }] })
    for (const listener of listeners[eventName] ?? []) listener(message)
  })
  return {
    listen(eventName, listener) {
      const group = Object.hasOwn(listeners, eventName) ? listeners[eventName] : undefined
      group?.add(listener)
      return () => group?.delete(listener)
    },
  }
}
