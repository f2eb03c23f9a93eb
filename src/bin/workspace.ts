import { randomBytes } from 'node:crypto'
import type { Memberships } from '../core/groups.ts'
import type { Ledger } from '../core/ports.ts'
import type { Log, Services } from '../core/service.ts'
import { presenceOut } from '../dialects/native/translate.ts'
import { createBadges } from '../directory/badges.ts'
import { createDirectory } from '../directory/directory.ts'
import { newId } from '../directory/random.ts'
import { createEngine } from '../engine/engine.ts'
import { createGroups } from '../groups/groups.ts'
import { audit } from '../history/audit.ts'
import { createChronicle } from '../history/chronicle.ts'
import { createSweeper } from '../history/sweep.ts'
import { createRepeats } from '../http/repeats.ts'
import { createResolve } from '../webhooks/resolve.ts'
import { createWebhooks, type WebhooksParts } from '../webhooks/webhooks.ts'
import type { Config } from './config.ts'
import { idSpaces } from './id-spaces.ts'
import { createNodes } from './nodes.ts'

export interface WorkspaceParts {
  /** Closes what is opened here, in reverse. */
  readonly stack: AsyncDisposableStack
  readonly config: Config
  readonly ledger: Ledger
  /** Whether the incarnation of this node that the others know is over. */
  readonly isOver: (incarnation: number) => boolean
  readonly onTried: NonNullable<WebhooksParts['onTried']>
  /** Another process has this node's name. */
  readonly onSuperseded: () => void
  readonly log: Log
}

/** What holds the truth over a ledger, and works on it: who users are, their presence, groups, webhooks. Nothing is loaded yet. */
export function openWorkspace({ stack, config, ledger, isOver, onTried, onSuperseded, log }: WorkspaceParts) {
  const memberships = (): Memberships => groups.memberships
  const directory = stack.adopt(createDirectory({ ledger, idSpaces, random: randomBytes, log, memberships, audit }), (made) =>
    made.close(),
  )
  const { people, subjects, authentication, administration, settings, keys } = directory
  const chronicle = createChronicle({ settings })
  const nodes = stack.adopt(createNodes({ config, ledger, isOver, keys, onSuperseded, log }), (made) => made.leave())
  const { restartGraceMs } = config
  const engine = stack.adopt(
    createEngine({ ledger, subjects, settings, nodes, restartGraceMs, onEnded: authentication.onEnded, chronicle, log }),
    (made) => made.close(),
  )
  const sweeps = () => nodes.holds('retention')
  const sweeper = stack.adopt(createSweeper({ ledger, subjects, settings, onDuty: sweeps, log }), (made) => made.close())
  const now = () => ledger.now()
  const makeId = () => newId(randomBytes)
  const groups = stack.adopt(
    createGroups({ ledger, keys, subjects, presence: engine.service, newId: makeId, audit, log }),
    (made) => made.close(),
  )
  const webhooks = stack.adopt(
    createWebhooks({
      keys,
      presence: engine.service,
      people,
      settings,
      audit,
      groups: groups.memberships,
      shapeOf: presenceOut,
      resolve: createResolve(),
      onDuty: () => nodes.holds('webhooks'),
      now,
      newId: makeId,
      randomBytes,
      onTried,
      log,
    }),
    (made) => made.close(),
  )
  const repeats = createRepeats({ keys, now, shared: ledger.caughtUp !== undefined })
  const badges = createBadges({ ledger, keys, subjects, random: randomBytes, audit, log })
  const services: Services = {
    presence: engine.service,
    people,
    authentication,
    administration,
    settings,
    groups: groups.service,
    log,
    now,
    newId: makeId,
  }
  return { directory, engine, nodes, groups, webhooks, sweeper, services, badges, repeats }
}
