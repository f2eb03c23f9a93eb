import { Failure } from '../../core/errors.ts'
import type { Principal } from '../../core/principal.ts'
import type { Attended, Services } from '../../core/service.ts'
import { NAME } from './ids.ts'
import type { CallingSession } from './methods.ts'

/** How one connection is present; its client says when nobody is at it (R3). */
export interface SocketSession extends CallingSession {
  /** Goodbye. */
  leave(): void
  cut(): void
}

export interface SocketSessionParts {
  readonly services: Services
  readonly principal: Principal
  readonly platform: Platform
  readonly connectionId: string
  /** The connection that the client carries on; null: it begins anew. */
  readonly resumes: string | null
  ended(): void
}

/** Null: its token opens no sessions. Logging in is being there, unless an interrupted connection is only carried on. */
export function openSession({
  services,
  principal,
  platform,
  connectionId,
  resumes,
  ended,
}: SocketSessionParts): SocketSession | null {
  const attendance = { app: `rocketchat-${platform}`, platform, idles: 'told', connectionId, resumes, ended } as const
  const attended = attend(() => services.presence.as(principal, NAME).commands.attend(attendance))
  if (attended === null) return null
  let idle = false
  if (resumes === null) attended.active()
  return {
    active() {
      const changes = idle
      idle = false
      attended.active()
      return changes
    },
    idle() {
      const changes = !idle
      idle = true
      attended.idle(null)
      return changes
    },
    leave: () => attended.leave(),
    cut: () => attended.cut(),
  }
}

function attend(open: () => Attended): Attended | null {
  try {
    return open()
  } catch (error) {
    if (error instanceof Failure && error.code === 'forbidden') return null
    throw error
  }
}

export type Platform = 'desktop' | 'mobile' | 'web' | 'program'

/** What the client runs on, as its name tells; programs have other names. */
export function platformOf(userAgent: string): Platform {
  if (/Electron/.test(userAgent)) return 'desktop'
  if (/RC Mobile|RocketChat.*(iOS|Android)/i.test(userAgent)) return 'mobile'
  return /Mozilla/.test(userAgent) ? 'web' : 'program'
}
