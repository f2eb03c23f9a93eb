import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Channel } from '../ledgers/shared/channel.ts'
import type { Config } from './config.ts'
import { urlOf, WAITING_MAX } from './listen.ts'

/*
 * Where the system cannot spread the connections of one port over several processes, one of them takes all and hands each over
 * to the next worker in turn: a few dozen microseconds for each connection, nothing for its requests.
 */

export interface Handover {
  readonly url: string
  /** From now on, until it ends, the worker gets its share. */
  add(worker: ChildProcess): void
  stop(): void
}

/** Takes connections from now on. */
export async function openHandover(config: Pick<Config, 'host' | 'port' | 'tls'>): Promise<Handover> {
  let workers: readonly ChildProcess[] = []
  let turn = 0
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    const worker = workers[turn++ % workers.length]
    if (worker === undefined) socket.destroy()
    else worker.send('connection', socket, (error) => void (error && socket.destroy()))
  })
  server.listen({ host: config.host, port: config.port, backlog: WAITING_MAX })
  await once(server, 'listening')
  return {
    url: urlOf(config, server.address()),
    add(worker) {
      workers = [...workers, worker]
      worker.once('exit', () => {
        workers = workers.filter((other) => other !== worker)
      })
    },
    stop: () => void server.close(),
  }
}

/** Serves what is handed over. Answers the URL at which the other side takes connections. */
export async function takeHandedOver(http: FastifyInstance, parent: Channel): Promise<string> {
  await http.ready()
  process.on('message', (_message, socket: Socket | undefined) => {
    if (socket === undefined) return
    http.server.emit('connection', socket)
    socket.resume()
  })
  return parent.ask<string>('address')
}
