import type { Socket } from 'node:net'
import { mayTakeTime } from './patience.ts'

interface Refusal {
  readonly status: string
  readonly title: string
  readonly detail: string
}

const MALFORMED: Refusal = {
  status: '400 Bad Request',
  title: 'The request is not right',
  detail: 'This is not HTTP as it should be.',
}

const REFUSALS: Readonly<Record<string, Refusal>> = {
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: '408 Request Timeout',
    title: 'The request took too long',
    detail: 'It was not whole when the time for sending it was over.',
  },
  HPE_INVALID_URL: { ...MALFORMED, detail: 'Its address has characters that are sent percent-encoded, as %C3%B6 for an ö.' },
  HPE_HEADER_OVERFLOW: {
    status: '431 Request Header Fields Too Large',
    title: 'The request is too large',
    detail: 'Its headers are longer than this server reads.',
  },
}

/** Answers what is no request yet, so that no dialect could own it, with a problem document (RFC 9457), and hangs up. */
export function answerNoRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && mayTakeTime(socket)) return
  const { status, title, detail } = REFUSALS[error.code ?? ''] ?? MALFORMED
  const problem = JSON.stringify({ type: 'about:blank', title, status: Number.parseInt(status, 10), detail })
  const head = `HTTP/1.1 ${status}\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(problem)}\r\n`
  if (socket.writable) socket.write(`${head}Connection: close\r\n\r\n${problem}`)
  socket.destroy(error)
}
