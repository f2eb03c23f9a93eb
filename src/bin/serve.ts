import { setFlagsFromString } from 'node:v8'
import type { Logger } from 'pino'
import type { Ledger } from '../core/ports.ts'
import { mattermostDialect } from '../dialects/mattermost/dialect.ts'
import { nativeDialect } from '../dialects/native/dialect.ts'
import { rocketchatDialect } from '../dialects/rocketchat/dialect.ts'
import { superofficeDialect } from '../dialects/superoffice/dialect.ts'
import { decodeRecord } from '../engine/codec.ts'
import { createHistory } from '../history/history.ts'
import { createAuditLog } from '../history/log.ts'
import { createCatalogue } from '../http/catalogue.ts'
import type { Meter } from '../http/meter.ts'
import { createRateCounter } from '../http/rate.ts'
import { createHttpServer } from '../http/server.ts'
import { createMetrics } from '../metrics/metrics.ts'
import { createRealtime } from '../realtime/realtime.ts'
import { addressReader } from './addresses.ts'
import type { Config } from './config.ts'
import { createEnding, type Ending } from './ending.ts'
import { close } from './listen.ts'
import { closeInTime, liveOn, openAgain } from './lives.ts'
import { fillFrom } from './load.ts'
import { createLog } from './log.ts'
import type { Place } from './place.ts'
import { consoleFile, SCRIPTS } from './scripts.ts'
import { snapshotsOf } from './snapshots.ts'
import { readCredentials, renewOnHangup } from './tls.ts'
import type { Tracing } from './tracing.ts'
import { readTracing } from './tracing-settings.ts'
import { VERSION } from './version.ts'
import { openWorkspace } from './workspace.ts'

/**
 * By how much V8 lets the heap grow before it collects, in percent. While loading hardly anything becomes garbage. Afterwards it would let
 * the heap double, and what everybody's cut left behind was never given back.
 */
const HEAP_GROWTH = { loading: 200, serving: 50 }
const collectAfter = (percent: number): void => setFlagsFromString(`--heap-growing-percent=${percent}`)

/** Serves until it is asked to end. */
export async function serve(config: Config, place: Place): Promise<void> {
  // A burst of a hundred waiting requests would teach V8 to make every later request's objects old, and a read cost twice as much.
  setFlagsFromString('--no-allocation-site-pretenuring')
  const ending = createEnding()
  const before = { incarnation: 0 }
  await liveOn((given) => live({ config, place, ending, before, given }), ending)
}

interface LifeParts {
  readonly config: Config
  readonly place: Place
  readonly ending: Ending
  /** Of this node in the life before; 0: there was none. */
  readonly before: { incarnation: number }
  readonly given: Ledger | null
}

/** Everything there is, from the ledger outwards; closed in reverse. Answers as `Life`. */
async function live({ config, place, ending, before, given }: LifeParts): Promise<Ledger | null> {
  await using stack = new AsyncDisposableStack()
  const { trustedProxies, tls } = config
  const credentials = tls === null ? null : readCredentials(tls)
  const onSlow = (dialect: string, route: string, ms: number) =>
    log.warn({ dialect, route, ms: Math.round(ms) }, 'a slow request')
  const metrics = stack.adopt(createMetrics({ version: VERSION, onSlow }), (made) => made.close())
  const log = createLog({ form: config.log, level: config.logLevel, worker: place.worker, onLine: metrics.onLine })
  const opened = stack.adopt(given ?? (await place.openLedger(log)), (made) => made.close())
  const tracing = await traced(log)
  if (tracing !== null) stack.defer(tracing.close)
  const measured = metrics.ledger(opened)
  const ledger = tracing?.ledger(measured) ?? measured
  const workspace = openWorkspace({
    stack,
    config,
    ledger,
    isOver: (incarnation) => place.isNameFree || incarnation === before.incarnation,
    onTried: metrics.onTried,
    onSuperseded: () => ending.ask('superseded'),
    log,
  })
  const { directory, engine, nodes, groups, webhooks, sweeper, services, badges, repeats } = workspace
  const { subjects, settings } = directory
  const { recordOf } = engine
  const health = { state: 'loading' as 'loading' | 'ready' | 'draining', degraded: () => ledger.away(), fenced: nodes.fenced }
  const isServing = (): boolean => health.state === 'ready' && (ledger.away() !== null || nodes.fenced() === null)
  const realtime = createRealtime({ services, onTurnedAway: engine.holdGraces, tellsMore: engine.tellsMore, log })
  metrics.watch({ presence: engine.service, isReady: isServing, engine, realtime })
  const catalogue = createCatalogue({ version: VERSION })
  const native = nativeDialect({
    health,
    catalogue,
    subjects,
    snapshots: snapshotsOf(ledger, config.store),
    history: createHistory({ ledger, subjects, settings, recordOf, decode: decodeRecord }),
    auditLog: createAuditLog({ ledger, auditDays: () => settings.current.auditDays }),
    realtime,
    webhooks: webhooks.service,
    badges,
    scripts: SCRIPTS,
    consoleFiles: consoleFile,
    repeats,
    metrics: { readers: config.metrics, text: place.measured(metrics.text) },
  })
  const dialects = [rocketchatDialect(), mattermostDialect, superofficeDialect, native]
  const rates = config.rateLimit ? createRateCounter({ now: services.now }) : null
  const isLoading = (): boolean => health.state === 'loading'
  const staleSince = ledger.staleSince && (() => ledger.staleSince?.() ?? null)
  const meterOf = (dialect: string): Meter => {
    const meter: Meter = (method, path) => metrics.calls(dialect, method, path)
    return tracing?.meterOf(dialect, meter) ?? meter
  }
  const http = stack.adopt(
    await createHttpServer({
      dialects,
      services,
      rates,
      catalogue,
      trustedProxies,
      isLoading,
      staleSince,
      meterOf,
      tls: credentials,
    }),
    close,
  )
  tracing?.attach(http.server)
  if (tls !== null) renewOnHangup(http.server, tls, log)
  stack.defer(() => realtime.close())
  // Until everything is loaded it answers probes, and refuses all else to a later time.
  const early = place.listensEarly ? await place.listen(http) : null

  const gap = Promise.withResolvers<'gap'>()
  collectAfter(HEAP_GROWTH.loading)
  if (!(await fillFrom(ledger, { directory, engine }, { ending, onGap: () => gap.resolve('gap'), log }))) return null
  collectAfter(HEAP_GROWTH.serving)
  await groups.start()
  await nodes.start()
  webhooks.start()
  sweeper.start()
  realtime.attach(http.server, dialects, addressReader(trustedProxies))
  const administrator = await directory.firstAdministrator(config.administrator)
  // Nobody could come back before.
  engine.holdGraces(0)
  health.state = 'ready'
  place.ready({ url: early ?? (await place.listen(http)), administrator })

  const why = await Promise.race([ending.asked, gap.promise])
  const next = why === 'gap' ? await again() : null
  if (next === null) health.state = 'draining'
  if (why === 'superseded') process.exitCode = 1
  log.info({ why }, 'ending')
  // From here on others may take over the sessions of those who are sent away.
  await nodes.leave()
  return next

  /** What is held may be wrong: nothing of it is served any more, and all is loaded anew. */
  async function again(): Promise<Ledger | null> {
    health.state = 'loading'
    before.incarnation = nodes.self().incarnation
    log.warn('What is known here has a gap: everything is loaded again.')
    // It may be long until there is a store to load from; other nodes serve meanwhile.
    await realtime.close()
    const reopened = await openAgain(() => place.openLedger(log), ending, log)
    if (reopened !== null) stack.defer(closeInTime())
    return reopened
  }
}

/** Null: nobody wants traces, and nothing is loaded for them. */
async function traced(log: Logger): Promise<Tracing | null> {
  const settings = readTracing(process.env)
  if (settings === null) return null
  const { createTracing } = await import('./tracing.ts')
  return createTracing(settings, { version: VERSION, log })
}
