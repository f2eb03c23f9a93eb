import { Type } from 'typebox'
import { Failure } from '../../core/errors.ts'
import { type Route, route } from '../../http/route.ts'
import { answerTagged, type Tagged, tag } from './answers.ts'
import { ScriptShape } from './shapes.ts'

/** The client, bundled for browsers; null: it was not built. Read when first asked for. */
export interface Scripts {
  readonly client: () => string | null
  readonly element: () => string | null
}

const SCRIPT = 'text/javascript; charset=utf-8'

/** The client and the element as scripts: a page of any origin needs nothing else. There is nothing secret in them. */
export function scriptRoutes({ client, element }: Scripts): readonly Route[] {
  return [
    scriptRoute('/client.js', 'Read the client as a module for browsers', client),
    scriptRoute('/element.js', 'Read the element <rollcall-status> as a module for browsers', element),
  ]
}

function scriptRoute(path: string, summary: string, read: () => string | null): Route {
  let kept: Tagged | null = null
  return route({
    rule: 'X12',
    method: 'GET',
    path,
    summary,
    answers: { 200: ScriptShape, 304: null },
    answerHeaders: { 'Access-Control-Allow-Origin': Type.Literal('*') },
    refuses: [404],
    access: 'anyone',
    rate: 'none',
    handle({ request, reply }) {
      const text = kept === null ? read() : ''
      if (text === null) throw new Failure('not_found', 'It has not been built: npm run build.', { reason: 'no_such_route' })
      kept ??= tag(text)
      reply.header('Access-Control-Allow-Origin', '*').header('X-Content-Type-Options', 'nosniff')
      return answerTagged(kept, request, reply, SCRIPT)
    },
  })
}
