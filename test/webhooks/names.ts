import { createSocket } from 'node:dgram'
import { once } from 'node:events'

/** Addresses of a name each time that it is asked for: IPv4 only. */
export type Names = (name: string, asked: number) => readonly string[]

const A = 1
const NO_SUCH_NAME = 3

/** A real, tiny DNS server on loopback. It answers with a time to live of 0, as whoever rebinds a name does. */
export async function startNames(names: Names) {
  const asked: string[] = []
  const socket = createSocket('udp4')
  socket.on('message', (query, { port, address }) => {
    const { name, type, end } = questionOf(query)
    const isAddress = type === A
    if (isAddress) asked.push(name)
    const times = asked.filter((one) => one === name).length
    const found = isAddress ? names(name, times) : []
    const records = found.map((ipv4) => record(ipv4.split('.').map(Number)))
    const flags = 0x8180 | (isAddress && found.length === 0 ? NO_SUCH_NAME : 0)
    socket.send(Buffer.concat([header(query, flags, records.length), query.subarray(12, end), ...records]), port, address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return {
    server: `127.0.0.1:${socket.address().port}`,
    /** Names whose IPv4 addresses were asked for, in order. */
    asked,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => void socket.close(() => resolve())),
  }
}

function questionOf(query: Buffer): { readonly name: string; readonly type: number; readonly end: number } {
  const labels: string[] = []
  let at = 12
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.'), type: query.readUInt16BE(at + 1), end: at + 5 }
}

function header(query: Buffer, flags: number, answers: number): Buffer {
  const made = Buffer.alloc(12)
  query.copy(made, 0, 0, 2)
  made.writeUInt16BE(flags, 2)
  made.writeUInt16BE(1, 4)
  made.writeUInt16BE(answers, 6)
  return made
}

/** Of the name in the question, class IN, for 0 seconds. */
const record = (ipv4: readonly number[]): Buffer => Buffer.from([0xc0, 12, 0, A, 0, 1, 0, 0, 0, 0, 0, 4, ...ipv4])
