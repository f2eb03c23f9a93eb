import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { createExporter, SPANS_MAX, type Span } from '../../src/bin/tracing-export.ts'
import { readTracing } from '../../src/bin/tracing-settings.ts'
import { startServer } from '../server.ts'

// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever was sent
type Sent = any

/** A collector that keeps what it is sent. */
async function startCollector(status = 200) {
  const received: { path: string | undefined; headers: Record<string, unknown>; body: Sent }[] = []
  const collector = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      received.push({ path: request.url, headers: request.headers, body: JSON.parse(Buffer.concat(chunks).toString()) })
      response.writeHead(status).end('{}')
    })
  })
  collector.listen(0, '127.0.0.1')
  await once(collector, 'listening')
  onTestFinished(() => void collector.close())
  const spans = (): Sent[] => received.flatMap(({ body }) => body.resourceSpans[0].scopeSpans[0].spans)
  return { url: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`, received, spans }
}

const valuesOf = ({ attributes }: Sent) =>
  Object.fromEntries(attributes.map(({ key, value }: Sent) => [key, value.stringValue ?? Number(value.intValue)]))

test('[ST15] a request is a span of its caller’s trace, and its commit is one within; nothing in them names anybody', async () => {
  const collector = await startCollector()
  await using server = await startServer({
    store: 'memory:',
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-key=a%20secret',
      OTEL_SERVICE_NAME: 'presence',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=test',
    },
  })
  const ann = await server.createUser({ username: 'ann', password: null })
  const [trace, parent] = ['a'.repeat(32), 'b'.repeat(16)]
  const ask = (flags: string, init: RequestInit) =>
    server.request(`/v1/presence/${ann.user.id}/note`, {
      ...init,
      headers: {
        Authorization: `Bearer ${ann.token}`,
        'Content-Type': 'application/json',
        traceparent: `00-${trace}-${parent}-${flags}`,
      },
    })
  await ask('00', { method: 'DELETE' })
  await ask('01', { method: 'PUT', body: JSON.stringify({ text: 'hidden words' }) })
  await server.stop()

  const [first] = collector.received
  expect(first).toMatchObject({ path: '/v1/traces', headers: { 'x-key': 'a secret', 'content-type': 'application/json' } })
  expect(valuesOf(first?.body.resourceSpans[0].resource)).toEqual({
    'service.name': 'presence',
    'deployment.environment': 'test',
  })
  const spans = collector.spans()
  const [commit, request, ...others] = spans.filter(({ traceId }) => traceId === trace)
  expect(others).toEqual([])
  expect(request).toMatchObject({ parentSpanId: parent, name: 'PUT /v1/presence/{user}/note', kind: 2 })
  expect(valuesOf(request)).toEqual({
    'http.request.method': 'PUT',
    'http.route': '/v1/presence/{user}/note',
    'http.response.status_code': 200,
    'rollcall.dialect': 'native',
  })
  expect(commit).toMatchObject({ parentSpanId: request.spanId, name: 'commit' })
  expect(valuesOf(commit)).toEqual({ 'rollcall.partition': expect.stringMatching(/^facts\//), 'rollcall.writes': 1 })
  const [from, to] = [BigInt(request.startTimeUnixNano), BigInt(request.endTimeUnixNano)]
  expect([to >= from, Math.abs(Number(from / 1_000_000n) - Date.now()) < 60_000]).toEqual([true, true])
  expect(spans.some(({ name }) => name === 'POST /v1/users')).toBe(true)
  for (const word of [ann.user.id, ann.token, 'ann"', 'hidden words'])
    expect(JSON.stringify(collector.received)).not.toContain(word)
})

test('[ST15] OpenTelemetry’s variables say where to, how much, and with what', () => {
  const at = 'http://127.0.0.1:4318'
  expect(readTracing({})).toBe(null)
  expect(readTracing({ OTEL_EXPORTER_OTLP_ENDPOINT: at, OTEL_SDK_DISABLED: 'true' })).toBe(null)
  expect(readTracing({ OTEL_EXPORTER_OTLP_ENDPOINT: `${at}/` })).toEqual({
    url: `${at}/v1/traces`,
    headers: {},
    resource: { 'service.name': 'rollcall' },
    ratio: 1,
    followsCaller: true,
  })
  const sampler = {
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${at}/x`,
    OTEL_TRACES_SAMPLER: 'traceidratio',
    OTEL_TRACES_SAMPLER_ARG: '0.25',
  }
  expect(readTracing(sampler)).toMatchObject({ url: `${at}/x`, ratio: 0.25, followsCaller: false })
  for (const wrong of [
    { OTEL_EXPORTER_OTLP_ENDPOINT: '127.0.0.1:4317' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: at, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: at, OTEL_TRACES_SAMPLER: 'sometimes' },
    { ...sampler, OTEL_TRACES_SAMPLER_ARG: '2' },
  ])
    expect(() => readTracing(wrong)).toThrow(/^OTEL_/)
})

test('[ST16] what the collector does not take, and what is too much, is dropped and told', async () => {
  const collector = await startCollector(503)
  const warned: string[] = []
  const log = { warn: (_details: object, message: string) => void warned.push(message) }
  const exporter = createExporter({ url: collector.url, headers: {}, resource: {}, version: '1', log })
  const span: Span = {
    traceId: 'a',
    spanId: 'b',
    parentId: null,
    name: 'x',
    kind: 'server',
    from: 1,
    to: 2,
    failed: true,
    attributes: {},
  }
  for (let i = 0; i < SPANS_MAX * 2; i++) exporter.add(span)
  await exporter.close()
  expect(new Set(warned)).toEqual(
    new Set(['the collector does not take spans', 'spans were dropped: there are more than the collector takes']),
  )
  expect(collector.spans().length).toBeLessThanOrEqual(SPANS_MAX + 512)
  expect(collector.spans()[0]).toMatchObject({ status: { code: 2 }, startTimeUnixNano: '1000000', endTimeUnixNano: '2000000' })
})
