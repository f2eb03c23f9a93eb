import type { Socket } from 'node:net'

/** Connections whose request may be as long on its way as it likes, as long as something moves. */
const patient = new WeakSet<Socket>()

/** How long a connection that is let take its time may be silent, in ms; then it is cut. */
export const SILENT_MS_MAX = 30_000

/** Lets the request that is being read take its time, for uploads that are worked on while they come. Answers how to end that. */
export function letTakeTime(socket: Socket): () => void {
  patient.add(socket)
  socket.setTimeout(SILENT_MS_MAX)
  return () => {
    patient.delete(socket)
    socket.setTimeout(0)
  }
}

/** Whether a request that takes long is meant to. */
export const mayTakeTime = (socket: Socket): boolean => patient.has(socket)
