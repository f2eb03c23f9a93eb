import type { Principal } from '../../core/principal.ts'
import type { Instant, Presence } from '../../core/vocabulary.ts'
import { VERSION } from './config.ts'
import type { AppError } from './errors.ts'
import { encode } from './go-json.ts'
import { SPACE } from './ids.ts'
import { errorFrame, replyFrame } from './socket-frames.ts'
import { ASKED_MAX } from './socket-line.ts'
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
  /** Tells whatever is not as it was told last. */
  catchUp(): void
  send(frame: string): void
}

/** Answers what clients ask once they have said who they are: one frame for each request. */
export type Answer = (asker: Asker, request: SocketRequest) => void

export function createActions(voice: Voice): Answer {
  const { people, settings, now } = voice.services
  const lists = new Map<string, List>()

  const list = ({ principal }: Asker): List => {
    const asker = principal.tokenId ?? principal.userId
    const known = lists.get(asker)
    if (known !== undefined && now() - known.at < LIST_MS) return known
    for (const [other, { at }] of lists) if (now() - at >= LIST_MS) lists.delete(other)
    const looked = first(voice.as(principal).view.everyone(), LOOKED_MAX)
    const present = looked.filter((presence) => statusOf(presence) !== 'offline')
    const text = statusesText(present.map((presence) => [idOf(presence), presence]))
    const made: List = { at: now(), text, asked: looked.length > ASKED_MAX ? present : looked }
    lists.set(asker, made)
    return made
  }
  /** The list may be a moment old: what changed since it was made follows it. */
  const tellList = (asker: Asker, seq: number): void => {
    const { text, asked } = list(asker)
    asker.send(replyFrame(seq, text))
    asker.asked(asked)
    asker.catchUp()
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

  const answer = (asker: Asker, { action, seq, content }: SocketRequest): string => {
    switch (action) {
      case 'ping':
        return replyFrame(seq, encode({ node_id: '', server_time: now(), text: 'pong', version: VERSION }))
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

  return (asker, request) => {
    const { action, seq } = request
    if (action === '') asker.send(errorFrame(seq, ERRORS.no_action))
    else if (seq <= 0) asker.send(errorFrame(seq, ERRORS.bad_seq))
    else if (action !== 'get_statuses') asker.send(answer(asker, request))
    else if (settings.current.statusesEnabled) tellList(asker, seq)
    else asker.send(replyFrame(seq))
  }
}

interface List {
  readonly at: Instant
  readonly text: string | undefined
  readonly asked: readonly Presence[]
}

/** How long a list of everybody serves all connections of one token, in ms: it costs as much as many other requests. */
const LIST_MS = 1_000
/** Users among whom those who are present are listed: as many as the product keeps in memory. */
const LOOKED_MAX = 35_000

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

function first(presences: Iterable<Presence>, countMax: number): Presence[] {
  const found: Presence[] = []
  for (const presence of presences) if (found.push(presence) >= countMax) break
  return found
}

/** Statuses by id, sorted by it; nobody: nothing at all. */
function statusesText(statuses: readonly [id: string, presence: Presence | null][]): string | undefined {
  if (statuses.length === 0) return undefined
  const texts = statuses.map(([id, presence]) => `${encode(id)}:"${presence === null ? 'offline' : statusOf(presence)}"`)
  return `{${texts.sort().join()}}`
}
