import { streamEvent } from './ddp.ts'

/** A ready-made status as clients know it. */
export interface PresetWords {
  readonly _id: string
  readonly name: string
  readonly statusType: string
}

export type PresetEvent = 'updateCustomUserStatus' | 'deleteCustomUserStatus'

/** Tells those who listen, on this node, when a ready-made status is put or deleted here. */
export interface PresetEvents {
  /** Answers how to stop. Other events of the stream may be listened to as well: they never come. */
  listen(eventName: string, listener: Listener): () => void
  tell(event: PresetEvent, preset: PresetWords): void
}

type Listener = (message: string) => void

export function createPresetEvents(): PresetEvents {
  const listeners: Readonly<Record<string, Set<Listener>>> = {
    updateCustomUserStatus: new Set(),
    deleteCustomUserStatus: new Set(),
  }
  return {
    listen(eventName, listener) {
      const group = Object.hasOwn(listeners, eventName) ? listeners[eventName] : undefined
      group?.add(listener)
      return () => group?.delete(listener)
    },
    tell(event, { _id, name, statusType }) {
      const message = streamEvent('notify-logged', { eventName: event, args: [{ userStatusData: { _id, name, statusType } }] })
      for (const listener of listeners[event] ?? []) listener(message)
    },
  }
}
