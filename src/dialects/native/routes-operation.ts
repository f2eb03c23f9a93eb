import { Readable } from 'node:stream'
import { Failure } from '../../core/errors.ts'
import type { Principal } from '../../core/principal.ts'
import type { Services } from '../../core/service.ts'
import { type Route, route } from '../../http/route.ts'
import { answerTagged, tag } from './answers.ts'
import { BackupName, SettingFields } from './schemas.ts'

/** How the process is, as probes ask for it. */
export interface Health {
  readonly state: 'loading' | 'ready' | 'draining'
  /** Why nothing can be written now; null: it can. */
  readonly degraded: () => string | null
}

/** Copies of the ledger, taken while it is used; null where this ledger offers none. */
export interface Snapshots {
  /** Copies into a new folder of that name beside the store, and answers its path. */
  readonly backup: ((name: string) => Promise<string>) | null
  /** JSON lines, each with its line end. */
  readonly exportLines: (() => AsyncIterable<string>) | null
}

export interface OperationParts {
  readonly health: Health
  readonly snapshots: Snapshots
}

/** Settings, copies and probes: for those who run the server. */
export function operationRoutes({ administration, settings }: Services, { health, snapshots }: OperationParts): readonly Route[] {
  return [
    route({
      rule: 'N9',
      method: 'GET',
      path: '/v1/settings',
      access: 'user',
      rate: 'read',
      handle({ request, reply }) {
        return answerTagged(tag(JSON.stringify(settings.current)), request, reply)
      },
    }),
    route({
      rule: 'N9',
      method: 'PATCH',
      path: '/v1/settings',
      access: 'user',
      rate: 'read',
      body: SettingFields,
      async handle({ body, principal }) {
        return administration.as(principal).changeSettings(body)
      },
    }),
    route({
      rule: 'N20',
      method: 'POST',
      path: '/v1/backup',
      access: 'user',
      rate: 'read',
      body: BackupName,
      async handle({ body, principal, reply }) {
        assertAdministrator(principal)
        if (snapshots.backup === null) throw notOffered('be backed up')
        return reply.code(201).send({ folder: await snapshots.backup(body.name) })
      },
    }),
    route({
      rule: 'N20',
      method: 'GET',
      path: '/v1/export',
      access: 'user',
      rate: 'read',
      handle({ principal, reply }) {
        assertAdministrator(principal)
        if (snapshots.exportLines === null) throw notOffered('be exported')
        return reply.header('Content-Type', 'application/x-ndjson').send(Readable.from(snapshots.exportLines()))
      },
    }),
    route({
      rule: 'N21',
      method: 'GET',
      path: '/healthz',
      access: 'anyone',
      rate: 'none',
      handle: () => ({ state: 'alive' }),
    }),
    route({
      rule: 'N21',
      method: 'GET',
      path: '/readyz',
      access: 'anyone',
      rate: 'none',
      handle({ request, reply }) {
        const degraded = health.degraded()
        const isReady = health.state === 'ready' && (degraded === null || !isAskedForWriting(request.query))
        return reply.code(isReady ? 200 : 503).send({ state: health.state, ...(degraded !== null && { degraded }) })
      },
    }),
  ]
}

const isAskedForWriting = (query: unknown): boolean => Object.hasOwn(Object(query), 'writable')

function assertAdministrator({ administrator, scopes }: Principal): void {
  if (!administrator) throw new Failure('forbidden', 'Only administrators may do this.', { reason: 'permission_missing' })
  if (!scopes.has('admin')) throw new Failure('forbidden', 'This token lacks the scope "admin".', { reason: 'scope_missing' })
}

const notOffered = (what: string): Failure => new Failure('disabled', `A store in memory cannot ${what}.`)
