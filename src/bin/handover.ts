import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Channel } from '../ledgers/shared/channel.ts'
import type { Config } from './config.ts'
import { urlOf, WAITING_MAX } from './listen.ts'

/*
 * Where the system cannot spread the connections of one port over several processes, one of them takes all and hands each over
 * to the next worker in turn. The requests on it are then the worker's alone.
 */

export interface Handover {
  readonly url: string
  /** From now on, until it ends, the worker gets its share. */
  add(worker: ChildProcess): void
  stop(): void
}

/** Takes connections from now on. */
export async function openHandover(config: Pick<Config, 'host' | 'port' | 'tls'>): Promise<Handover> {
  let takers: readonly ((socket: Socket) => void)[] = []
  let turn = 0
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    const take = takers[turn++ % takers.length]
    if (take === undefined) socket.destroy()
    else take(socket)
  })
  server.listen({ host: config.host, port: config.port, backlog: WAITING_MAX })
  await once(server, 'listening')
  return {
    url: urlOf(config, server.address()),
    add(worker) {
      const onTheWay = new Set<Socket>()
      const take = (socket: Socket): void => {
        onTheWay.add(socket)
        // Kept open here until it was sent: what a worker that dies has not been sent must not stay open with nobody at it.
        worker.send('connection', socket, { keepOpen: true }, () => {
          onTheWay.delete(socket)
          socket.destroy()
        })
      }
      takers = [...takers, take]
      worker.once('exit', () => {
        takers = takers.filter((other) => other !== take)
        for (const socket of onTheWay) socket.destroy()
      })
    },
    stop: () => void server.close(),
  }
}

/** Serves what is handed over. Answers the URL at which the other side takes connections. */
export async function takeHandedOver(http: FastifyInstance, parent: Channel): Promise<string> {
  await http.ready()
  // After a gap another server takes them.
  process.removeAllListeners('message')
  process.on('message', (_message, socket: Socket | undefined) => {
    if (socket === undefined) return
    http.server.emit('connection', socket)
    socket.resume()
  })
  return parent.ask<string>('address')
}
