import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import type { Ledger } from '../core/ports.ts'
import { openLedger } from '../ledgers/open.ts'
import { adminFrame } from './administrator.ts'
import type { Config } from './config.ts'
import { makeFolder } from './folder.ts'
import { listen } from './listen.ts'

/** What differs between a server that is one process, and a process that is one of several. */
export interface Place {
  /** From 1; null: there are no others. */
  readonly worker: number | null
  /** Whether it takes connections while it still loads, to answer probes; else others do, and it begins when it serves. */
  readonly listensEarly: boolean
  /** Whether it is known that no other process has this node's name. */
  readonly isNameFree: boolean
  openLedger(log: Logger): Promise<Ledger>
  /** Answers the URL that a person or a script can use. */
  listen(http: FastifyInstance): Promise<string>
  /** Given what is measured of this process, answers what is told to whoever asks. */
  measured(own: () => string): () => string | Promise<string>
  ready(words: ReadyWords): void
}

export interface ReadyWords {
  readonly url: string
  /** Made just now, with a password that was given or generated. */
  readonly administrator: { readonly username: string; readonly password: string; readonly generated: boolean } | null
}

/** One process, which has all to itself. */
export function placeAlone(config: Config): Place {
  let { port } = config
  let isSaid = false
  return {
    worker: null,
    listensEarly: true,
    isNameFree: false,
    async openLedger(log) {
      await makeFolder(config.store)
      return openLedger(config.store, { log })
    },
    async listen(http) {
      const url = await listen(http, { ...config, port })
      port = Number(new URL(url).port) || port
      return url
    },
    measured: (own) => own,
    ready(words) {
      if (!isSaid) sayReady(words, config)
      isSaid = true
    },
  }
}

/** The lines that other programs wait for. */
export function sayReady({ url, administrator }: ReadyWords, { store }: Pick<Config, 'store'>): void {
  if (administrator?.generated) process.stdout.write(adminFrame(administrator, store))
  process.stdout.write(`rollcall listening on ${url}\n`)
}
