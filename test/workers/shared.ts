import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { type Channel, createChannel } from '../../src/ledgers/shared/channel.ts'
import { openSharedLedger, type SharedLedger } from '../../src/ledgers/shared/ledger.ts'
import { COMPILED } from '../server.ts'

const HOLDER = fileURLToPath(new URL('holder.ts', import.meta.url))

export interface Shared {
  readonly ledger: SharedLedger
  readonly channel: Channel
  readonly holder: ChildProcess
}

/** A ledger that a process of its own holds; closing it ends that process, and waits for it. */
export async function openShared(store: string, how = ''): Promise<Shared> {
  const holder = spawn(process.execPath, [HOLDER, store, how], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
    env: { ...process.env, NODE_COMPILE_CACHE: COMPILED },
  })
  const ended = once(holder, 'exit')
  const channel = createChannel(holder.stdio[3] as Socket)
  const ledger = await openSharedLedger({ channel })
  async function close(): Promise<void> {
    await ledger.close()
    channel.close()
    await ended
  }
  return { ledger: { ...ledger, close }, channel, holder }
}
