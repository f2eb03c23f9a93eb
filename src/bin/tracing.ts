import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Ledger } from '../core/ports.ts'
import type { Meter } from '../http/meter.ts'
import { createExporter, type ExporterParts } from './tracing-export.ts'
import type { TracingSettings } from './tracing-settings.ts'

/** Spans of requests and of the commits that they wait for. */
export interface Tracing {
  /** Each request that comes is a span. */
  attach(server: Server): void
  /** Spans are called by what the meter of a route knows. */
  meterOf(dialect: string, meter: Meter): Meter
  ledger(ledger: Ledger): Ledger
  close(): Promise<void>
}

/** The request that is being answered. */
interface Current {
  readonly traceId: string
  readonly spanId: string
  name: string
  attributes: Record<string, string | number>
}

const PARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/
const SAMPLED = 1

export function createTracing(settings: TracingSettings, parts: Pick<ExporterParts, 'version' | 'log'>): Tracing {
  const exporter = createExporter({ ...settings, ...parts })
  const current = new AsyncLocalStorage<Current | null>()
  const now = (): number => performance.timeOrigin + performance.now()

  function begin(request: IncomingMessage, response: ServerResponse): void {
    const { traceparent = '' } = request.headers
    const [, parentTrace, parentId, flags = '00'] = PARENT.exec(String(traceparent)) ?? []
    const traceId = parentTrace ?? idOf(16)
    const isKept =
      parentTrace !== undefined && settings.followsCaller ? (Number.parseInt(flags, 16) & SAMPLED) === 1 : isWithin(traceId)
    current.enterWith(null)
    if (!isKept) return
    const { method = '' } = request
    const span: Current = { traceId, spanId: idOf(8), name: method, attributes: { 'http.request.method': method } }
    const from = now()
    current.enterWith(span)
    response.once('close', () => {
      const { statusCode } = response
      const attributes = { ...span.attributes, 'http.response.status_code': statusCode }
      exporter.add({
        ...span,
        attributes,
        parentId: parentId ?? null,
        kind: 'server',
        from,
        to: now(),
        failed: statusCode >= 500,
      })
    })
  }

  /** The same traces on every node: by the id, as other services decide. */
  const isWithin = (traceId: string): boolean => Number.parseInt(traceId.slice(-13), 16) / 2 ** 52 < settings.ratio

  async function commit(ledger: Ledger, ...asked: Parameters<Ledger['commit']>): ReturnType<Ledger['commit']> {
    const span = current.getStore()
    if (!span) return ledger.commit(...asked)
    const from = now()
    let failed = true
    try {
      const answer = await ledger.commit(...asked)
      failed = !answer.committed
      return answer
    } finally {
      const attributes = { 'rollcall.partition': asked[0], 'rollcall.writes': asked[1].length }
      const { traceId, spanId: parentId } = span
      exporter.add({ traceId, spanId: idOf(8), parentId, name: 'commit', kind: 'client', from, to: now(), failed, attributes })
    }
  }

  return {
    attach: (server) => void server.prependListener('request', begin),
    meterOf: (dialect, meter) => (method, path) => {
      const calls = meter(method, path)
      return {
        ...calls,
        answered(status, ms) {
          calls.answered(status, ms)
          const span = current.getStore()
          if (!span) return
          // Not the address: users are named in it.
          span.name = `${span.attributes['http.request.method']} ${path}`
          span.attributes = { ...span.attributes, 'http.route': path, 'rollcall.dialect': dialect }
        },
      }
    },
    ledger: (ledger) => Object.create(ledger, { commit: { value: commit.bind(null, ledger) } }),
    close: exporter.close,
  }
}

const idOf = (bytes: number): string => randomBytes(bytes).toString('hex')
