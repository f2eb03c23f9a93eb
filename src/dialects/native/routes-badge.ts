import { Type } from 'typebox'
import type { Badges } from '../../core/badges.ts'
import { Failure } from '../../core/errors.ts'
import { STRANGER } from '../../core/principal.ts'
import type { Services } from '../../core/service.ts'
import { type Route, route } from '../../http/route.ts'
import { answerTagged, tag } from './answers.ts'
import { badgeOf } from './badge.ts'
import { ByUser, fields } from './schemas.ts'
import { userOf } from './translate.ts'

const ByBadge = fields({ badge: Type.String() })
const BadgeShape = Type.Object(
  { url: Type.String({ description: 'Where the image is, for whoever knows it; shown this once.' }) },
  { title: 'Badge', additionalProperties: false },
)
const ImageShape = Type.String({ contentMediaType: 'image/svg+xml' })

const SVG = 'image/svg+xml'
/** Should anybody open the image as a page, it may do nothing. */
const NOTHING_ALLOWED = "default-src 'none'"

/** A user's status as an image at an address that nobody can guess. */
export function badgeRoutes({ presence, people }: Services, badges: Badges): readonly Route[] {
  return [
    route({
      rule: 'X11',
      method: 'POST',
      path: '/v1/presence/:user/badge',
      summary: "Make the address of a user's badge, which replaces the one before",
      answers: { 201: BadgeShape },
      refuses: [404],
      access: 'user',
      rate: 'read',
      params: ByUser,
      async handle({ params, principal, request, reply }) {
        const secret = await badges.make(principal, userOf(params.user, principal, people))
        const { protocol, host } = request
        return reply
          .code(201)
          .header('Cache-Control', 'no-store')
          .send({ url: `${protocol}://${host}/badge/${secret}.svg` })
      },
    }),
    route({
      rule: 'X11',
      method: 'DELETE',
      path: '/v1/presence/:user/badge',
      summary: "Take a user's badge away",
      answers: { 204: null },
      refuses: [404],
      access: 'user',
      rate: 'read',
      params: ByUser,
      async handle({ params, principal, reply }) {
        await badges.remove(principal, userOf(params.user, principal, people))
        return reply.code(204).send()
      },
    }),
    route({
      rule: 'X11',
      method: 'GET',
      path: '/badge/:badge',
      summary: 'Show a badge: the status as a stranger sees it, as an SVG image',
      answers: { 200: ImageShape, 304: null },
      refuses: [404],
      access: 'anyone',
      rate: 'read',
      params: ByBadge,
      handle({ params: { badge }, request, reply }) {
        const userId = badge.endsWith('.svg') ? badges.userOf(badge.slice(0, -'.svg'.length)) : null
        const seen = userId === null ? null : presence.as(STRANGER, 'native').view.get(userId)
        if (seen === null) throw new Failure('not_found', 'There is no such badge, or not any more.', { reason: 'no_such_route' })
        reply.header('Content-Security-Policy', NOTHING_ALLOWED).header('X-Content-Type-Options', 'nosniff')
        return answerTagged(tag(badgeOf(seen)), request, reply, SVG)
      },
    }),
  ]
}
