import type { Principal } from '../../core/service.ts'
import type { Presence } from '../../core/vocabulary.ts'
import { VERSION } from './config.ts'
import type { AppError } from './errors.ts'
import { encode } from './go-json.ts'
import { SPACE } from './ids.ts'
import { errorFrame, replyFrame } from './socket-frames.ts'
import type { SocketRequest } from './socket-requests.ts'
import { statusOf } from './translate.ts'
import type { Voice } from './voice.ts'

/** Who asks over a socket, as far as actions need to know. */
export interface Asker {
  readonly principal: Principal
  /** Somebody is at it. */
  active(): void
  /** Nobody is, from now on. */
  idle(): void
  /** Whose status was asked for; they are told of from now on. */
  asked(presences: readonly Presence[]): void
}

/** Answers what clients ask once they have said who they are: one frame for each request. */
export type Answer = (asker: Asker, request: SocketRequest) => string

export function createActions(voice: Voice): Answer {
  const { people, settings, now } = voice.services
  const lists = new Map<string, { readonly at: number; readonly text: string | undefined; readonly presences: Presence[] }>()

  const listed = (asker: Asker): string | undefined => {
    const { principal } = asker
    let list = lists.get(principal.userId)
    if (list === undefined || now() - list.at >= LIST_MS) {
      const presences = present(voice.as(principal).view.everyone())
      list = { at: now(), text: statusesText(presences.map((presence) => [idOf(presence), presence])), presences }
      for (const [userId, { at }] of lists) if (now() - at >= LIST_MS) lists.delete(userId)
      lists.set(principal.userId, list)
    }
    asker.asked(list.presences)
    return list.text
  }
  const idOf = ({ userId }: Presence): string => people.idIn(SPACE, userId) ?? userId

  const byIds = (asker: Asker, given: unknown): string | undefined | null => {
    const ids = Array.isArray(given) ? given.filter((id) => typeof id === 'string') : []
    if (ids.length === 0) return null
    if (!settings.current.statusesEnabled) return undefined
    const { view } = voice.as(asker.principal)
    const statuses = [...new Set(ids)].map((id): [string, Presence | null] => {
      const userId = people.find(SPACE, id)
      return [id, userId === null ? null : view.get(userId)]
    })
    asker.asked(statuses.flatMap(([, presence]) => presence ?? []))
    return statusesText(statuses)
  }

  return (asker, { action, seq, content }) => {
    if (action === '') return errorFrame(seq, ERRORS.no_action)
    if (seq <= 0) return errorFrame(seq, ERRORS.bad_seq)
    switch (action) {
      case 'ping':
        return replyFrame(seq, encode({ node_id: '', server_time: now(), text: 'pong', version: VERSION }))
      case 'get_statuses':
        return replyFrame(seq, settings.current.statusesEnabled ? listed(asker) : undefined)
      case 'get_statuses_by_ids': {
        const statuses = byIds(asker, content['user_ids'])
        return statuses === null ? errorFrame(seq, invalid('user_ids')) : replyFrame(seq, statuses)
      }
      case 'user_update_active_status': {
        const { user_is_active: isActive, manual } = content
        if (typeof isActive !== 'boolean') return errorFrame(seq, invalid('user_is_active'))
        if (isActive) asker.active()
        else if (manual === true) asker.idle()
        return replyFrame(seq)
      }
      case 'presence':
      case 'user_typing':
      case 'posted_notify_ack':
        return replyFrame(seq)
      default:
        return errorFrame(seq, ERRORS.bad_action)
    }
  }
}

/** How long a list of everybody serves all of one user's connections, in ms: it costs as much as many other requests. */
const LIST_MS = 1_000
/** Users among whom those who are present are listed: as many as the product keeps in memory. */
const LISTED_MAX = 35_000

const ERRORS = {
  no_action: { id: 'api.web_socket_router.no_action.app_error', status: 400, message: 'No websocket action.' },
  bad_seq: {
    id: 'api.web_socket_router.bad_seq.app_error',
    status: 400,
    message: 'Invalid sequence for WebSocket message.',
  },
  bad_action: { id: 'api.web_socket_router.bad_action.app_error', status: 500, message: 'Unknown WebSocket action.' },
} as const satisfies Record<string, AppError>

const invalid = (name: string): AppError => ({
  id: 'api.websocket_handler.invalid_param.app_error',
  status: 400,
  message: `Invalid ${name} parameter.`,
})

function present(presences: Iterable<Presence>): Presence[] {
  const found: Presence[] = []
  let looked = 0
  for (const presence of presences) {
    if (statusOf(presence) !== 'offline') found.push(presence)
    if (++looked >= LISTED_MAX) break
  }
  return found
}

/** Statuses by id, sorted by it; nobody: nothing at all. */
function statusesText(statuses: readonly [id: string, presence: Presence | null][]): string | undefined {
  if (statuses.length === 0) return undefined
  const texts = statuses.map(([id, presence]) => `${encode(id)}:"${presence === null ? 'offline' : statusOf(presence)}"`)
  return `{${texts.sort().join()}}`
}
