import { Socket } from 'node:net'
import type { Logger } from 'pino'
import { Failure } from '../core/errors.ts'
import type { Ledger } from '../core/ports.ts'
import { isRedis, openLedger } from '../ledgers/open.ts'
import { type Channel, createChannel } from '../ledgers/shared/channel.ts'
import { openSharedLedger } from '../ledgers/shared/ledger.ts'
import { takeHandedOver } from './handover.ts'
import { listen } from './listen.ts'
import type { Place } from './place.ts'
import { refuse } from './refuse.ts'
import { serve } from './serve.ts'
import { VERSION } from './version.ts'
import { CHANNEL_DESCRIPTOR, type WorkerStart } from './worker-start.ts'

/* One of several processes that serve; started by the one that has the store, and ended with it. */

// Until there is a certificate to be read again; and a terminal that is closed ends the process with the store, and this one with it.
process.on('SIGHUP', () => {})

/** Commits kept while it loads: those that the others make meanwhile. They take 16 MiB at most. */
const COMMITS_MAX = 100_000

let hasEnded = false
const channel = createChannel(new Socket({ fd: CHANNEL_DESCRIPTOR }))
// Without the process that has the store nothing could be kept, and another one may be starting.
channel.onClosed(() => process.exit(hasEnded ? (process.exitCode ?? 0) : 1))
channel.handle({
  start(start: WorkerStart) {
    if (start.version !== VERSION) refuse(replaced(start.version))
    void serve(start.config, placeAmong(start, channel))
      .then(() => {
        hasEnded = true
        channel.close()
      })
      .catch(refuse)
  },
})

const replaced = (before: string): Failure =>
  new Failure('invalid', `the program was replaced: it is version ${VERSION} now, and runs as ${before}; start all of it again`)

function placeAmong({ config, worker, listensEarly, isNameFree, isHanded }: WorkerStart, parent: Channel): Place {
  const open = (log: Logger): Promise<Ledger> =>
    isRedis(config.store) ? openLedger(config.store, { log }) : openSharedLedger({ channel: parent, commitsMax: COMMITS_MAX })
  return {
    worker,
    listensEarly,
    isNameFree,
    openLedger: open,
    async listen(http) {
      const url = isHanded ? await takeHandedOver(http, parent) : await listen(http, config, { reusePort: true })
      parent.tell('listening', url)
      return url
    },
    measured(own) {
      parent.handle({ measured: own })
      return () => parent.ask<string>('measure')
    },
    ready: (words) => parent.tell('ready', words),
  }
}
