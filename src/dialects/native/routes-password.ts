import { Type } from 'typebox'
import { Failure } from '../../core/errors.ts'
import type { Services } from '../../core/service.ts'
import { type Route, route } from '../../http/route.ts'
import { answerTagged, type Tagged, tag } from './answers.ts'
import { CONTENT_POLICY } from './docs-page.ts'
import { PASSWORD_PAGE, PASSWORD_SCRIPT, PASSWORD_STYLE } from './password-page.ts'
import { ByUser, fields, NewPassword } from './schemas.ts'
import { PageShape, ScriptShape, StyleShape, TimeShape, UserShape } from './shapes.ts'
import { passwordLinkOut, userOf, userOut } from './translate.ts'

const ByFile = fields({ file: Type.String() })
const PasswordLinkShape = Type.Object(
  { url: Type.String({ description: 'Where the user sets a password, once; shown this once.' }), until: TimeShape },
  { title: 'PasswordLink', additionalProperties: false },
)

const PARTS: Readonly<Record<string, { readonly text: Tagged; readonly type: string }>> = {
  'page.js': { text: tag(PASSWORD_SCRIPT), type: 'text/javascript; charset=utf-8' },
  'page.css': { text: tag(PASSWORD_STYLE), type: 'text/css; charset=utf-8' },
}
const PAGE = tag(PASSWORD_PAGE)

/** First passwords, set by a link that an administrator hands on; nobody else has to know them. */
export function passwordRoutes({ authentication, administration, people }: Services): readonly Route[] {
  const open = { method: 'GET', access: 'anyone', rate: 'none' } as const
  return [
    route({
      rule: 'N51',
      method: 'POST',
      path: '/v1/users/:user/password-link',
      summary: 'Make a link by which the user sets a password, once; it replaces the one before',
      answers: { 201: PasswordLinkShape },
      refuses: [404],
      access: 'user',
      rate: 'read',
      params: ByUser,
      async handle({ params, principal, request, reply }) {
        const userId = userOf(params.user, principal, people)
        const link = await administration.as(principal).createPasswordLink(userId)
        return reply.code(201).header('Cache-Control', 'no-store').send(passwordLinkOut(request, link))
      },
    }),
    route({
      rule: 'N51',
      method: 'POST',
      path: '/v1/password',
      summary: 'Set a password with the secret of a link, the part after its #',
      answers: { 200: UserShape },
      refuses: [404],
      access: 'anyone',
      rate: 'login',
      body: NewPassword,
      async handle({ body: { secret, password }, reply }) {
        const user = await authentication.setPassword(secret, password)
        return reply.header('Cache-Control', 'no-store').send(userOut(user, { withEmail: true }))
      },
    }),
    route({
      rule: 'N51',
      path: '/set-password',
      ...open,
      summary: 'Open the page on which a password is set',
      answers: { 200: PageShape, 304: null },
      answerHeaders: { 'Content-Security-Policy': Type.String() },
      handle({ request, reply }) {
        reply.header('Content-Security-Policy', CONTENT_POLICY).header('X-Content-Type-Options', 'nosniff')
        return answerTagged(PAGE, request, reply.header('Referrer-Policy', 'no-referrer'), 'text/html; charset=utf-8')
      },
    }),
    route({
      rule: 'N51',
      path: '/set-password/:file',
      ...open,
      summary: 'Read what that page is made of',
      answers: { 200: [ScriptShape, StyleShape], 304: null },
      refuses: [404],
      params: ByFile,
      handle({ params: { file }, request, reply }) {
        const part = Object.hasOwn(PARTS, file) ? PARTS[file] : undefined
        if (part === undefined) throw new Failure('not_found', `There is no "${file}" here.`, { reason: 'no_such_route' })
        return answerTagged(part.text, request, reply.header('X-Content-Type-Options', 'nosniff'), part.type)
      },
    }),
  ]
}
