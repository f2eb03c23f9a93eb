import { Readable } from 'node:stream'
import { Type } from 'typebox'
import type { Settings } from '../../core/accounts.ts'
import { Failure } from '../../core/errors.ts'
import type { Principal } from '../../core/principal.ts'
import type { Services } from '../../core/service.ts'
import { type Route, route } from '../../http/route.ts'
import { answerTagged, conditionOf, createTagged } from './answers.ts'
import { BackupName, IfMatch, SettingFields } from './schemas.ts'
import { AliveShape, FolderShape, LinesShape, ReadyShape, SettingsShape } from './shapes.ts'

/** How the process is, as probes ask for it. */
export interface Health {
  readonly state: 'loading' | 'ready' | 'draining'
  /** Why nothing can be written now; null: it can. */
  readonly degraded: () => string | null
  /** Why the other nodes may take this one for gone, though its ledger answers; null: they do not. */
  readonly fenced: () => string | null
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

const ReadyQuery = Type.Object({
  writable: Type.Optional(Type.String({ description: 'Also asks whether anything can be written.' })),
})

/** Settings, copies and probes: for those who run the server. */
export function operationRoutes({ administration, settings }: Services, { health, snapshots }: OperationParts): readonly Route[] {
  const textOf = createTagged<Settings>()
  return [
    route({
      rule: 'N9',
      method: 'GET',
      path: '/v1/settings',
      summary: 'Read the settings',
      answers: { 200: SettingsShape, 304: null },
      access: 'user',
      rate: 'read',
      handle({ principal, request, reply }) {
        assertNoPage(principal)
        return answerTagged(textOf(settings.current), request, reply)
      },
    }),
    route({
      rule: 'N9',
      method: 'PATCH',
      path: '/v1/settings',
      summary: 'Change settings',
      answers: { 200: SettingsShape },
      refuses: [412],
      access: 'user',
      rate: 'read',
      body: SettingFields,
      reads: { headers: IfMatch },
      async handle({ body, principal, request }) {
        const condition = conditionOf(request, () => textOf(settings.current))
        return administration.as(principal).changeSettings(body, condition)
      },
    }),
    route({
      rule: 'N20',
      method: 'POST',
      path: '/v1/backup',
      summary: 'Copy the store while it is used',
      answers: { 201: FolderShape },
      refuses: [409, 501],
      access: 'user',
      rate: 'read',
      body: BackupName,
      async handle({ body, principal, reply }) {
        assertAdministrator(principal)
        if (snapshots.backup === null) throw notOffered('be copied as a folder: export it, or copy it with the means of Redis')
        return reply.code(201).send({ folder: await snapshots.backup(body.name) })
      },
    }),
    route({
      rule: 'N20',
      method: 'GET',
      path: '/v1/export',
      summary: 'Export every entry of the store',
      answers: { 200: LinesShape },
      refuses: [501],
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
      summary: 'Whether the process lives',
      answers: { 200: AliveShape },
      access: 'anyone',
      rate: 'none',
      handle: () => ({ state: 'alive' }),
    }),
    route({
      rule: 'N21',
      method: 'GET',
      path: '/readyz',
      summary: 'Whether it serves',
      answers: { 200: ReadyShape, 503: ReadyShape },
      reads: { query: ReadyQuery },
      access: 'anyone',
      rate: 'none',
      handle({ request, reply }) {
        const degraded = health.degraded()
        const fenced = degraded === null && health.state === 'ready' ? health.fenced() : null
        const isServing = health.state === 'ready' && fenced === null
        const isReady = isServing && (degraded === null || !isAskedForWriting(request.query))
        const reason = fenced ?? NOT_READY[health.state]
        return reply.code(isReady ? 200 : 503).send({
          state: fenced === null ? health.state : 'fenced',
          ...(degraded !== null && { degraded }),
          ...(reason !== null && { reason }),
        })
      },
    }),
  ]
}

const NOT_READY: Readonly<Record<Health['state'], string | null>> = {
  loading: 'The store is being read. It serves as soon as that is done.',
  ready: null,
  draining: 'It is ending: requests in flight are finished, and connections are told where to go on.',
}

const isAskedForWriting = (query: unknown): boolean => Object.hasOwn(Object(query), 'writable')

/** Whoever visits a page has its token. */
function assertNoPage({ origins }: Principal): void {
  if (origins === null) return
  throw new Failure('forbidden', 'A token that is limited to origins does not read settings.', { reason: 'scope_missing' })
}

function assertAdministrator({ administrator, scopes, reach }: Principal): void {
  if (!administrator) throw new Failure('forbidden', 'Only administrators may do this.', { reason: 'permission_missing' })
  if (!scopes.has('admin')) throw new Failure('forbidden', 'This token lacks the scope "admin".', { reason: 'scope_missing' })
  if (reach !== null)
    throw new Failure('forbidden', 'A token that is limited to users or groups does not copy what is of all.', {
      reason: 'scope_missing',
    })
}

const notOffered = (what: string): Failure => new Failure('disabled', `This store cannot ${what}.`)
