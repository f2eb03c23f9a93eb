import type { Config } from './config.ts'

/** The file descriptor by which a worker speaks with the process that started it. */
export const CHANNEL_DESCRIPTOR = 3

/** What a worker is told first. */
export interface WorkerStart {
  /** With its own node's name, and the port that all share. */
  readonly config: Config
  /** From 1. */
  readonly worker: number
  readonly listensEarly: boolean
  /** The process that starts it knows that nobody has its node's name any more. */
  readonly isNameFree: boolean
  /** Connections are handed over to it, as it cannot listen where others do. */
  readonly isHanded: boolean
  /** Of the program that starts it. */
  readonly version: string
}
