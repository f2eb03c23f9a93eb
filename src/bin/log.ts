import pino, { type Logger } from 'pino'
import pretty from 'pino-pretty'
import type { LogForm } from './config.ts'

/** The log goes to standard error: standard output is for the lines that other programs wait for. */
export function createLog(form: LogForm): Logger {
  if (form === 'off') return pino({ level: 'silent' })
  return pino(
    { level: 'info' },
    form === 'pretty' ? pretty({ destination: 2, sync: true }) : pino.destination({ dest: 2, sync: true }),
  )
}
