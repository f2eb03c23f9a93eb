import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import type { Services } from '../../core/service.ts'
import { type Route, route } from '../../http/route.ts'
import { apiRoot, origin } from './address.ts'
import { answer, sendText } from './answer.ts'
import { CALLS, callsUnder } from './calls.ts'
import { prefersPage } from './media.ts'
import { CallsShape, PageShape, TenantShape, VersionShape } from './shapes.ts'

/** How long a client may believe a tenant's state, in ms. */
const STATE_MS = 300_000

/** The contract spoken here: the first of the product's versions that has user presence. */
const VERSION = {
  NetServerVersion: '10.2.1.1698',
  NetServerAssembly: '10.2.0.0',
  NetServerDate: '2023-02-02',
  NetServerLabel: 'Rollcall',
  NetServer: 'Rollcall, speaking SuperOffice NetServer 10.2',
  Services: 'Services88',
  ServicesCurrent: 'Services88',
  Version: 'v1',
}

/** What is here: answered without a login. */
export function discoveryRoutes(services: Services): Route[] {
  return [
    route({
      rule: 'SO-2.5-2',
      method: 'GET',
      path: '/api',
      summary: 'Read the version',
      answers: { 200: [VersionShape, PageShape] },
      access: 'anyone',
      rate: 'read',
      handle({ request, reply }) {
        const version = { v1: `${apiRoot(request)}/v1/`, ...VERSION }
        if (prefersPage(request.headers.accept)) sendText(reply, 'text/html', page(version))
        else answer(request, reply, 'ApiVersion', version)
      },
    }),
    route({
      rule: 'SO-2.5-3',
      method: 'GET',
      path: '/api/v1',
      summary: 'List what is here',
      answers: { 200: CallsShape },
      access: 'anyone',
      rate: 'read',
      handle: ({ request, reply }) => tell(reply, callsUnder(apiRoot(request))),
    }),
    ...Object.entries(CALLS)
      .filter(([path]) => path.startsWith('Agents/'))
      .map(([path, methods]) =>
        route({
          rule: 'SO-1.4-9',
          method: 'GET',
          path: `/api/v1/${path}`,
          summary: 'Describe this call',
          answers: { 200: CallsShape },
          access: 'anyone',
          rate: 'read',
          handle: ({ request, reply }) => tell(reply, { [`${apiRoot(request)}/v1/${path}`]: methods }),
        }),
      ),
    route({
      rule: 'SO-3.3-1',
      method: 'GET',
      path: '/api/state/:context',
      summary: 'Whether a tenant is there, and where',
      answers: { 200: TenantShape },
      access: 'anyone',
      rate: 'read',
      params: Type.Object({ context: Type.String() }),
      handle({ params: { context }, request, reply }) {
        const endpoint = `${origin(request)}/${encodeURIComponent(context)}`
        answer(request, reply, 'TenantStatus', {
          ContextIdentifier: context,
          Endpoint: endpoint,
          State: 'Running',
          IsRunning: true,
          ValidUntil: new Date(services.now() + STATE_MS).toISOString(),
          Api: `${endpoint}/api`,
        })
      },
    }),
  ]
}

/** Addresses are no names of elements: told in JSON only. */
function tell(reply: FastifyReply, calls: object): void {
  sendText(reply, 'application/json', JSON.stringify(calls))
}

function page(version: object): string {
  const rows = Object.entries(version).map(([name, value]) => `<tr><th>${name}</th><td>${escaped(String(value))}</td></tr>`)
  return `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Rollcall</title></head><body><table>${rows.join('')}</table></body></html>`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
