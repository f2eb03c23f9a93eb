import { hash } from 'node:crypto'
import type { Settings } from '../../core/accounts.ts'
import type { Principal } from '../../core/principal.ts'
import type { Services } from '../../core/service.ts'
import type { Presence } from '../../core/vocabulary.ts'
import { createFragments } from '../../http/fragments.ts'
import { clientConfig, VERSION } from './config.ts'
import { appError } from './errors.ts'
import { encode } from './go-json.ts'
import { isId, SPACE } from './ids.ts'
import { createLines, type Lines } from './socket-lines.ts'
import { statusBody, unknownBody } from './translate.ts'

/** Statuses kept as text, one for each user. */
const ENTRIES_MAX = 1_000_000

/** What all routes of this dialect share. */
export interface Voice {
  readonly services: Services
  /** What a principal sees and may do, through this door. */
  as(principal: Principal): ReturnType<Services['presence']['as']>
  /** A user's status as JSON, encoded once per change; null: nobody known by this id. */
  status(id: string, presence: Presence | null): string
  /** Changes with each setting that clients are told. */
  readonly versionId: string
  /** Those who listen to changes. */
  readonly lines: Lines
}

const voices = new WeakMap<Services, Voice>()

/** One for all doors of this dialect over the same services. */
export function voiceOf(services: Services): Voice {
  const voice = voices.get(services) ?? createVoice(services)
  voices.set(services, voice)
  return voice
}

function createVoice(services: Services): Voice {
  const { presence, settings } = services
  const statuses = createFragments({ entriesMax: ENTRIES_MAX, encode: (shown, id: string) => statusBody(id, shown) })
  let versionId = versionIdOf(settings.current)
  settings.onChange((changed) => {
    versionId = versionIdOf(changed)
  })
  return {
    services,
    lines: createLines(services),
    as: (principal) => presence.as(principal, SPACE),
    status: (id, shown) => (shown === null ? unknownBody(id) : statuses.of(shown, id)),
    get versionId() {
      return versionId
    },
  }
}

/** The id that a path names, `me` being one's own. Throws the product's 400. */
export function idInPath(id: string, { userId }: Principal, { people }: Services): string {
  const named = id === 'me' ? (people.idIn(SPACE, userId) ?? '') : id
  if (!isId(named)) throw appError('invalid_url_param', 'user_id')
  return named
}

function versionIdOf(settings: Settings): string {
  return `${VERSION}.${VERSION}.${hash('sha256', encode(clientConfig(settings)))}.false`
}
