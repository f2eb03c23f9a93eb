import type { FastifyReply, FastifyRequest } from 'fastify'
import { isXml, type MediaType, mediaTypeFor } from './media.ts'
import { writeXml } from './xml.ts'

/** Sends a value in the type the request asks for. `carrier` is the name of its class: the root element of XML. */
export function answer(request: FastifyRequest, reply: FastifyReply, carrier: string, value: unknown): void {
  const type = mediaTypeFor(request.headers.accept)
  sendText(reply, type, isXml(type) ? writeXml(carrier, value) : JSON.stringify(value))
}

/** Sends a text that is ready, with the headers that every answer of the product has. */
export function sendText(reply: FastifyReply, type: MediaType | 'text/html', text: string): void {
  reply.header('content-type', `${type}; charset=utf-8`)
  reply.header('cache-control', 'no-cache')
  reply.header('pragma', 'no-cache')
  reply.header('expires', '-1')
  reply.send(text)
}
