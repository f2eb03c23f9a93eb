/** A finished span, with times in ms since the epoch. */
export interface Span {
  readonly traceId: string
  readonly spanId: string
  /** Null: it is the first of its trace here. */
  readonly parentId: string | null
  readonly name: string
  readonly kind: 'server' | 'client'
  readonly from: number
  readonly to: number
  readonly failed: boolean
  readonly attributes: Readonly<Record<string, string | number>>
}

export interface ExporterParts {
  /** Of a collector: OTLP over HTTP, as JSON. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly resource: Readonly<Record<string, string>>
  readonly version: string
  readonly log: { warn(details: object, message: string): void }
}

export interface Exporter {
  add(span: Span): void
  /** Sends what waits; resolves once that is sent or given up. */
  close(): Promise<void>
}

/** Spans that wait; those beyond are dropped. */
export const SPANS_MAX = 2_048
/** Spans of one request to the collector. */
const BATCH_SPANS_MAX = 512
const SEND_MS = 5_000
/** How long the collector may take to answer, in ms. */
const ANSWER_MS_MAX = 5_000

/** Sends spans in batches. What the collector does not take is dropped: nothing here waits for it. */
export function createExporter({ url, headers, resource, version, log }: ExporterParts): Exporter {
  let waiting: Span[] = []
  let dropped = 0
  let sending: Promise<void> | null = null
  const timer = setInterval(() => void flush(), SEND_MS)
  timer.unref()

  async function flush(): Promise<void> {
    sending ??= sendAll().finally(() => {
      sending = null
    })
    return sending
  }

  async function sendAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, BATCH_SPANS_MAX)
      waiting = waiting.slice(BATCH_SPANS_MAX)
      await send(batch)
    }
    if (dropped > 0) log.warn({ dropped }, 'spans were dropped: there are more than the collector takes')
    dropped = 0
  }

  async function send(batch: readonly Span[]): Promise<void> {
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { ...headers, 'Content-Type': 'application/json' },
        body: JSON.stringify(requestOf(batch, resource, version)),
        signal: AbortSignal.timeout(ANSWER_MS_MAX),
      })
      await response.body?.cancel()
      if (!response.ok) throw new Error(`it answered ${response.status}`)
    } catch (error) {
      log.warn({ why: error instanceof Error ? error.message : error }, 'the collector does not take spans')
    }
  }

  return {
    add(span) {
      if (waiting.length >= SPANS_MAX) dropped++
      else if (waiting.push(span) >= BATCH_SPANS_MAX) void flush()
    },
    async close() {
      clearInterval(timer)
      await flush()
    },
  }
}

/** ExportTraceServiceRequest in the JSON form of OTLP 1. */
function requestOf(spans: readonly Span[], resource: Readonly<Record<string, string>>, version: string): object {
  const scope = { name: 'rollcall', version }
  return {
    resourceSpans: [{ resource: { attributes: attributesOf(resource) }, scopeSpans: [{ scope, spans: spans.map(spanOf) }] }],
  }
}

const KINDS = { server: 2, client: 3 } as const
const FAILED = 2

function spanOf({ traceId, spanId, parentId, name, kind, from, to, failed, attributes }: Span): object {
  return {
    traceId,
    spanId,
    ...(parentId !== null && { parentSpanId: parentId }),
    name,
    kind: KINDS[kind],
    startTimeUnixNano: nanoseconds(from),
    endTimeUnixNano: nanoseconds(to),
    attributes: attributesOf(attributes),
    ...(failed && { status: { code: FAILED } }),
  }
}

const attributesOf = (attributes: Readonly<Record<string, string | number>>): object[] =>
  Object.entries(attributes).map(([key, value]) => ({
    key,
    value: typeof value === 'string' ? { stringValue: value } : { intValue: String(value) },
  }))

const nanoseconds = (ms: number): string => `${Math.floor(ms)}${String(Math.floor((ms % 1) * 1e6)).padStart(6, '0')}`
