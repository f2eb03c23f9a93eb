import { hostname } from 'node:os'
import pino, { type Logger } from 'pino'
import pretty from 'pino-pretty'
import type { LogForm, LogLevel } from './config.ts'
import { createRepeated } from './repeated.ts'

export interface LogParts {
  readonly form: LogForm
  readonly level?: LogLevel
  /** Which of several processes speaks; null: it is the only one. */
  readonly worker?: number | null
  /** Hears of each line that is told or held back, by level. */
  readonly onLine?: (level: 'warn' | 'error') => void
}

const [WARN, ERROR] = [40, 50]

/** The log goes to standard error: standard output is for the lines that other programs wait for. One line tells of one problem. */
export function createLog({ form, level = 'info', worker = null, onLine = () => {} }: LogParts): Logger {
  if (form === 'off') return pino({ level: 'silent' })
  const repeated = createRepeated((message, times) => log.warn(`${message} (${times} times more in the last minute)`))
  const log = pino(
    {
      level,
      ...(worker !== null && { base: { pid: process.pid, hostname: hostname(), worker } }),
      hooks: {
        logMethod(given, method, number) {
          if (number >= WARN) onLine(number >= ERROR ? 'error' : 'warn')
          const [details, message] = given as [unknown, string?]
          // Words alone are told whenever they are said: they tell what changed, not what somebody asked.
          if (number >= WARN && typeof details === 'object' && repeated.isHeld(message ?? '', details)) return
          method.apply(this, given)
        },
      },
    },
    form === 'pretty' ? pretty({ destination: 2, sync: true }) : pino.destination({ dest: 2, sync: true }),
  )
  return log
}
