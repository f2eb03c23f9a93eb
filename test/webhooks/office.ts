import { randomBytes } from 'node:crypto'
import type { Administration, Settings } from '../../src/core/accounts.ts'
import type { Ledger } from '../../src/core/ports.ts'
import type { Principal } from '../../src/core/principal.ts'
import type { PresenceEvent } from '../../src/core/transition.ts'
import type { Availability } from '../../src/core/vocabulary.ts'
import type { Webhooks } from '../../src/core/webhooks.ts'
import { presenceOut } from '../../src/dialects/native/translate.ts'
import { createDirectory } from '../../src/directory/directory.ts'
import { newId } from '../../src/directory/random.ts'
import { createEngine } from '../../src/engine/engine.ts'
import { createMemoryLedger } from '../../src/ledgers/memory.ts'
import type { Resolve } from '../../src/webhooks/addresses.ts'
import type { GroupsAsked } from '../../src/webhooks/filter.ts'
import type { DeliveryLimits } from '../../src/webhooks/limits.ts'
import { createWebhooks } from '../../src/webhooks/webhooks.ts'
import { SPACES } from '../directory/house.ts'

/** Short enough for tests that wait for each. */
export const QUICK: Partial<DeliveryLimits> = { coalesceMs: 5, retryMs: [10, 20], cursorMs: 50, dutyLookMs: 10 }

export interface OfficeParts {
  readonly ledger?: Ledger
  readonly limits?: Partial<DeliveryLimits>
  readonly resolve?: Resolve
  readonly groups?: GroupsAsked
  readonly onDuty?: () => boolean
  readonly settings?: Partial<Settings>
}

export type Office = Awaited<ReturnType<typeof openOffice>>

/** One node without its wires: a ledger, the directory, the engine and the webhooks over them, with an administrator. */
export async function openOffice({
  ledger = createMemoryLedger(),
  limits = {},
  resolve = async () => [],
  groups = { find: () => null, has: () => false },
  onDuty = () => true,
  settings = { webhookHosts: ['127.0.0.1'] },
}: OfficeParts = {}) {
  const warnings: string[] = []
  const log = { warn: (_details: object, message: string) => void warnings.push(message), error: () => {} }
  const directory = createDirectory({ ledger, idSpaces: SPACES, random: randomBytes, log })
  const engine = createEngine({ ledger, subjects: directory.subjects, settings: directory.settings, log })
  const webhooks = createWebhooks({
    keys: directory.keys,
    presence: engine.service,
    people: directory.people,
    settings: directory.settings,
    groups,
    shapeOf: presenceOut,
    resolve,
    onDuty,
    now: () => ledger.now(),
    newId: () => newId(randomBytes),
    randomBytes,
    random: () => 1,
    limits: { ...QUICK, ...limits },
    log,
  })
  const positions = await ledger.load((entry) => {
    if (entry.partition === 'directory') directory.apply(entry)
    else engine.apply(entry)
  })
  directory.loaded(positions)
  await engine.loaded(positions)
  const unfollow = ledger.follow(positions, {
    commit: (commit) => (commit.partition === 'directory' ? directory : engine).commit(commit),
    reload: () => void warnings.push('reload'),
  })
  await directory.firstAdministrator({ username: 'root', password: 'root-password' })
  const rootId = directory.people.find('username', 'root') ?? ''
  const root = rootOf(rootId)
  const administration: Administration = directory.administration.as(root)
  if (Object.keys(settings).length > 0) await administration.changeSettings(settings)
  webhooks.start()
  const hooks: Webhooks = webhooks.service.as(root)

  async function close(): Promise<void> {
    await webhooks.close()
    await engine.close()
    await directory.close()
    unfollow()
  }
  return {
    ledger,
    warnings,
    webhooks,
    hooks,
    administration,
    root,
    view: engine.service.as(root, 'test').view,
    async addUser(username: string): Promise<string> {
      return (await administration.createUser({ username, id: username })).id
    },
    set: (userId: string, availability: Availability) =>
      engine.service.as(root, 'test').commands.change(userId, [setting(availability)]),
    openSession: (userId: string) =>
      engine.service
        .as({ ...root, userId, by: userId }, 'test')
        .commands.openSession({ app: 'test', platform: 'test', idle: false }),
    close,
    [Symbol.asyncDispose]: close,
  }
}

function setting(availability: Availability): PresenceEvent {
  if (availability === 'online') return { type: 'online_declared', alike: null }
  return { type: 'availability_set', availability, activity: null, until: null, fades: false, alike: null }
}

function rootOf(userId: string): Principal {
  return {
    userId,
    by: userId,
    tokenId: null,
    administrator: true,
    permissions: new Set(['manage-users', 'manage-settings', 'manage-webhooks', 'set-others-presence']),
    scopes: new Set(['presence:read', 'presence:write-own', 'presence:write-others', 'sessions', 'admin']),
    reach: null,
    origins: null,
  }
}
