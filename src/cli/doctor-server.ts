import { Failure } from '../core/errors.ts'
import { doubtful, type Finding, fine, wrong } from './finding.ts'
import { connect, type Server } from './server.ts'

/** Ledger time and this machine's may differ by so much, in ms. */
const CLOCK_MS_MAX = 2_000
/** How long a stream's first words and a socket's opening may take, in ms. */
const LIVE_MS_MAX = 3_000

/** What a running server shows of itself, and what stands before it. */
export async function lookAtServer(): Promise<readonly Finding[]> {
  const server = await connect()
  try {
    const began = Date.now()
    const response = await server.fetch('/readyz?writable')
    const took = Date.now() - began
    const state = await readyFinding(server, response)
    return [
      state,
      ...clockFinding(response, took),
      ...(await limitFindings(server)),
      ...(await loginFindings(server)),
      await socketFinding(server),
      ...proxyFindings(response),
    ]
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return [wrong('server', error.message, 'Start it with: rollcall serve. Without one: rollcall doctor --no-server.')]
  }
}

async function readyFinding({ url }: Server, response: Response): Promise<Finding> {
  const text = await response.text()
  let ready: { state?: string; degraded?: string; reason?: string } = {}
  try {
    ready = JSON.parse(text)
  } catch {
    // It is no Rollcall, which is said below.
  }
  const { state, degraded, reason } = ready
  if (state === undefined)
    return wrong(
      'server',
      `${url} answers ${response.status}, and not as Rollcall does.`,
      'Look what listens there; ROLLCALL_URL names another.',
    )
  if (degraded !== undefined)
    return wrong(
      'server',
      `${url} serves, but cannot store: ${degraded}.`,
      'Make room on its disk, or look at its Redis. It goes on by itself.',
    )
  if (state === 'ready') return fine('server', `${url} serves and stores.`)
  return wrong('server', `${url} does not serve now. ${reason ?? state}`, 'Wait, and look again.')
}

function clockFinding({ headers }: Response, took: number): readonly Finding[] {
  const date = Date.parse(headers.get('date') ?? '')
  if (Number.isNaN(date)) return []
  // The header has whole seconds.
  const apart = Math.max(0, Math.abs(Date.now() - took / 2 - date - 500) - 500 - took)
  if (apart <= CLOCK_MS_MAX) return [fine('clock', 'Its clock and the one here agree.')]
  const says = `Its clock and the one here are ${Math.round(apart / 1000)} s apart.`
  return [doubtful('clock', says, 'Let both be set by NTP: statuses end at the wrong time for those who read them.')]
}

async function limitFindings(server: Server): Promise<readonly Finding[]> {
  const response = await server.fetch('/metrics')
  if (!response.ok) return []
  const text = await response.text()
  const figureOf = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN)
  const [open, may] = [figureOf('process_open_fds'), figureOf('process_max_fds')]
  if (!(may > 0)) return []
  const says = `It has opened ${open} of ${may} files; each connection is one.`
  return [
    may >= 10_000 && open / may < 0.8
      ? fine('files', says)
      : doubtful('files', says, 'Raise LimitNOFILE (systemd), nofile (compose) or ulimit -n.'),
  ]
}

async function loginFindings(server: Server): Promise<readonly Finding[]> {
  if (server.token === null)
    return [doubtful('login', 'Nobody is logged in, so that streams cannot be looked at.', 'rollcall login')]
  const response = await server.fetch('/v1/users/me')
  if (response.status === 401) return [wrong('login', 'The token here is not accepted.', 'rollcall login')]
  return [fine('login', 'The token here is accepted.'), await streamFinding(server)]
}

/** A proxy that gathers what is streamed shows here: the first words do not come. */
async function streamFinding(server: Server): Promise<Finding> {
  const gathered = 'A proxy between gathers what it should pass on: see "Behind a proxy" in docs/operating.md.'
  const stop = new AbortController()
  const timer = setTimeout(() => stop.abort(), LIVE_MS_MAX)
  try {
    const response = await server.fetch('/v1/stream', { signal: stop.signal })
    if (!response.ok || response.body === null)
      return doubtful('stream', `/v1/stream answers ${response.status}.`, 'A token with the scope presence:read may read it.')
    const { done } = await response.body.getReader().read()
    return done ? wrong('stream', 'Streams end at once.', gathered) : fine('stream', 'Streams arrive as they are sent.')
  } catch {
    return wrong('stream', `Nothing of a stream came within ${LIVE_MS_MAX / 1000} s.`, gathered)
  } finally {
    clearTimeout(timer)
    stop.abort()
  }
}

function socketFinding({ url }: Server): Promise<Finding> {
  const { promise, resolve } = Promise.withResolvers<Finding>()
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/v1/socket`)
  const refused = (): void =>
    resolve(
      wrong(
        'socket',
        'A WebSocket does not open.',
        'Let the proxy pass Upgrade and Connection on: see "Behind a proxy" in docs/operating.md.',
      ),
    )
  const timer = setTimeout(refused, LIVE_MS_MAX)
  socket.onopen = () => resolve(fine('socket', 'WebSockets open.'))
  socket.onerror = refused
  return promise.finally(() => {
    clearTimeout(timer)
    socket.close()
  })
}

/** What stands before it usually says so. */
function proxyFindings({ headers }: Response): readonly Finding[] {
  const proxy = headers.get('via') ?? headers.get('server')
  if (proxy === null) return []
  return [
    doubtful(
      'proxy',
      `There is a proxy before it (${proxy}).`,
      'ROLLCALL_TRUSTED_PROXIES of the server must name it, or all count as one address.',
    ),
  ]
}
