import { hostname } from 'node:os'
import type { DirectoryKeys } from '../core/keys.ts'
import type { Ledger } from '../core/ports.ts'
import type { Log } from '../core/service.ts'
import { createFleet, type Fleet } from '../engine/fleet.ts'
import { createOnlyNode } from '../engine/nodes.ts'
import { isRedis } from '../ledgers/open.ts'
import type { Config } from './config.ts'

export interface NodesParts {
  readonly config: Pick<Config, 'store' | 'node' | 'port' | 'leaseMs' | 'workers'>
  readonly ledger: Ledger
  /** Of the fleet's parts. */
  readonly isOver: (incarnation: number) => boolean
  readonly keys: DirectoryKeys
  readonly onSuperseded: () => void
  readonly log: Log
}

/** This process among those that share its store, if any can. */
export function createNodes({ config, ledger, isOver, keys, onSuperseded, log }: NodesParts): Fleet {
  const now = () => ledger.now()
  if (!isRedis(config.store) && config.workers === 1)
    return { ...createOnlyNode({ now }), start: async () => {}, fenced: () => null, leave: async () => {} }
  const name = config.node ?? nodeNameOf(config)
  return createFleet({ keys, name, leaseMs: config.leaseMs, now, format: ledger.format, isOver, onSuperseded, log })
}

/** The same after a restart; where several nodes are on one machine, their ports differ. */
export const nodeNameOf = ({ port }: Pick<Config, 'port'>): string =>
  `${hostname()
    .replaceAll(/[^A-Za-z0-9._-]/g, '-')
    .slice(0, 40)}-${port === 0 ? crypto.randomUUID().slice(0, 8) : port}`
