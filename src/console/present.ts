import { type Signal, signal } from '@preact/signals'
import { type Client, reportActivity } from '../client/client.ts'
import { kept } from './settled.ts'

/** Whether having the console open counts as being there. */
export interface Present {
  readonly on: Signal<boolean>
  turn(on: boolean): void
  stop(): void
}

const choice = kept('present')

export function createPresent(client: Client): Present {
  const on = signal(choice.read() !== 'no')
  let leave: (() => void) | null = null

  function turn(wanted: boolean): void {
    on.value = wanted
    choice.write(wanted ? null : 'no')
    leave?.()
    leave = wanted ? reportActivity({ client, app: 'rollcall-console' }) : null
  }

  turn(on.value)
  return { on, turn, stop: () => leave?.() }
}
