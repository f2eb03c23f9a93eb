import type { Ledger } from '../core/ports.ts'
import type { PresenceService } from '../core/service.ts'
import type { DeliveryTry } from '../core/webhooks.ts'
import { type CallsOfRoute, countCalls } from './calls.ts'
import { measureLedger } from './ledger.ts'
import { measureProcess } from './process.ts'
import { createRegistry, type Reading } from './registry.ts'
import { measureTold } from './told.ts'

/** Everything that is measured of one process. */
export interface Metrics {
  /** What counts the calls of one route. */
  readonly calls: (dialect: string, method: string, route: string) => CallsOfRoute
  ledger<Measured extends Ledger>(ledger: Measured): Measured
  /** All parts are there. */
  watch(parts: WatchedParts): void
  readonly onLine: (level: 'warn' | 'error') => void
  readonly onTried: (tried: DeliveryTry) => void
  text(): string
  close(): void
}

export interface MetricsParts {
  readonly version: string
  readonly onSlow: (dialect: string, route: string, ms: number) => void
}

export interface WatchedParts {
  readonly presence: PresenceService
  readonly isReady: () => boolean
  readonly engine: {
    readonly figures: {
      readonly deadlinesPending: number
      readonly deadlinesFired: number
      readonly commitsInFlight: number
      readonly sessionsByDoor: ReadonlyMap<string, number>
      readonly watchers: number
    }
  }
  readonly realtime: {
    readonly fanout: Parameters<typeof measureTold>[2]
    readonly figures: {
      readonly turnedAway: number
      readonly waiting: number
      readonly openByKind: ReadonlyMap<string, number>
      readonly cuts: ReadonlyMap<string, number>
    }
  }
}

/** Deliveries to webhooks, in seconds. */
const DELIVERY_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

export function createMetrics({ version, onSlow }: MetricsParts): Metrics {
  const registry = createRegistry()
  const stops = [measureProcess(registry)]
  registry.gauge('rollcall_build_info', 'The version that runs.', () => [{ labels: { version }, value: 1 }])
  const calls = countCalls(registry, onSlow)
  const lines = registry.counter('rollcall_log_lines_total', 'Warnings and errors, told or held back as the same again.')
  const [warnings, errors] = [lines({ level: 'warn' }), lines({ level: 'error' })]
  const deliveries = registry.counter('rollcall_webhook_deliveries_total', 'Tries to deliver a message to a webhook.')
  const [taken, failed] = [deliveries({ outcome: 'taken' }), deliveries({ outcome: 'failed' })]
  const seconds = registry.histogram('rollcall_webhook_delivery_duration_seconds', 'How long a try took.', DELIVERY_SECONDS)()

  return {
    calls,
    ledger: (ledger) => measureLedger(ledger, registry),
    watch({ presence, isReady, engine, realtime }) {
      const [ofEngine, ofRealtime] = [() => engine.figures, () => realtime.figures]
      registry.gauge('rollcall_ready', 'Whether it serves.', () => Number(isReady()))
      registry.gauge('rollcall_connections', 'Open sockets and streams.', () => kinds(ofRealtime().openByKind))
      registry.total('rollcall_connections_turned_away_total', 'Who was asked to come back later.', () => ofRealtime().turnedAway)
      registry.total('rollcall_connections_cut_total', 'Connections that the server ended, by reason.', () =>
        labelled('reason', ofRealtime().cuts),
      )
      registry.gauge(
        'rollcall_outbox_waiting_connections',
        'Connections that wait to be sent something.',
        () => ofRealtime().waiting,
      )
      registry.gauge('rollcall_sessions', 'Sessions that this node answers for.', () =>
        labelled('dialect', ofEngine().sessionsByDoor),
      )
      registry.gauge('rollcall_watchers', 'Who wants to be told of presence.', () => ofEngine().watchers)
      registry.gauge('rollcall_deadlines', 'Users whose presence will change by time.', () => ofEngine().deadlinesPending)
      registry.total('rollcall_deadlines_fired_total', 'Changes by time.', () => ofEngine().deadlinesFired)
      registry.gauge('rollcall_ledger_commits_in_flight', 'Users whose change is being stored.', () => ofEngine().commitsInFlight)
      stops.push(measureTold(registry, presence, realtime.fanout))
    },
    onLine: (level) => (level === 'error' ? errors : warnings).add(),
    onTried({ why, tookMs }) {
      const outcome = why === null ? taken : failed
      outcome.add()
      seconds.observe(tookMs / 1_000)
    },
    text: registry.text,
    close() {
      for (const stop of stops) stop()
    },
  }
}

const labelled = (name: string, counts: ReadonlyMap<string, number>): Reading[] =>
  [...counts].map(([label, value]) => ({ labels: { [name]: label }, value }))

/** `mattermost websocket`: 3. */
const kinds = (counts: ReadonlyMap<string, number>): Reading[] =>
  [...counts].map(([kind, value]) => {
    const [dialect = '', transport = ''] = kind.split(' ')
    return { labels: { dialect, transport }, value }
  })
