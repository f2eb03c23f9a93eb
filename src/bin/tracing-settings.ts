import { Failure } from '../core/errors.ts'

/** What OpenTelemetry's own variables say of traces. */
export interface TracingSettings {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly resource: Readonly<Record<string, string>>
  /** How many of the traces that begin here are kept; 0 to 1. */
  readonly ratio: number
  /** Whether a caller's decision holds for its trace. */
  readonly followsCaller: boolean
}

type Environment = Readonly<Record<string, string | undefined>>

const SAMPLERS: Readonly<Record<string, 'on' | 'off' | 'ratio'>> = { always_on: 'on', always_off: 'off', traceidratio: 'ratio' }
const PARENT_BASED = 'parentbased_'

/** Null: no endpoint is named, nothing is traced. Throws Failure `invalid` for what cannot be followed. */
export function readTracing(environment: Environment): TracingSettings | null {
  const url = urlOf(environment)
  if (url === null || environment['OTEL_SDK_DISABLED'] === 'true' || environment['OTEL_TRACES_EXPORTER'] === 'none') return null
  const protocol = environment['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'] ?? environment['OTEL_EXPORTER_OTLP_PROTOCOL'] ?? 'http/json'
  if (protocol === 'grpc') throw malformed('OTEL_EXPORTER_OTLP_PROTOCOL', 'is "grpc", but traces are sent as http/json only')
  return {
    url,
    headers: pairsOf(environment['OTEL_EXPORTER_OTLP_TRACES_HEADERS'] ?? environment['OTEL_EXPORTER_OTLP_HEADERS']),
    resource: {
      'service.name': 'rollcall',
      ...pairsOf(environment['OTEL_RESOURCE_ATTRIBUTES']),
      ...(environment['OTEL_SERVICE_NAME'] && { 'service.name': environment['OTEL_SERVICE_NAME'] }),
    },
    ...samplerOf(environment),
  }
}

function urlOf(environment: Environment): string | null {
  const [whole, root] = [environment['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'], environment['OTEL_EXPORTER_OTLP_ENDPOINT']]
  const url = whole || (root && `${root.replace(/\/$/, '')}/v1/traces`)
  if (!url) return null
  if (/^https?:/.test(url) && URL.canParse(url)) return url
  throw malformed(
    whole ? 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT' : 'OTEL_EXPORTER_OTLP_ENDPOINT',
    `is no address like http://127.0.0.1:4318`,
  )
}

function samplerOf(environment: Environment): { ratio: number; followsCaller: boolean } {
  const name = environment['OTEL_TRACES_SAMPLER'] || `${PARENT_BASED}always_on`
  const followsCaller = name.startsWith(PARENT_BASED)
  const kind = SAMPLERS[followsCaller ? name.slice(PARENT_BASED.length) : name]
  if (kind === undefined)
    throw malformed(
      'OTEL_TRACES_SAMPLER',
      `is "${name}", but must be always_on, always_off, traceidratio, or one of them after parentbased_`,
    )
  const ratio = kind === 'ratio' ? Number(environment['OTEL_TRACES_SAMPLER_ARG'] || 1) : Number(kind === 'on')
  if (ratio >= 0 && ratio <= 1) return { ratio, followsCaller }
  throw malformed('OTEL_TRACES_SAMPLER_ARG', 'must be a number from 0 to 1')
}

/** `key=value,other=value`, with values percent-encoded. */
function pairsOf(text = ''): Readonly<Record<string, string>> {
  const pairs = text.split(',').filter((pair) => pair.includes('='))
  return Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf('=')).trim(), decoded(pair.slice(pair.indexOf('=') + 1).trim())]),
  )
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const malformed = (field: string, what: string): Failure =>
  new Failure('invalid', `${field} ${what}.`, { reason: 'malformed', field })
