import { Type } from 'typebox'
import { Failure } from '../../core/errors.ts'
import type { Catalogue } from '../../http/catalogue.ts'
import { type Route, route } from '../../http/route.ts'
import { answerTagged } from './answers.ts'
import { fields } from './schemas.ts'
import { DocumentShape } from './shapes.ts'

const OfDialect = fields({
  dialect: Type.Optional(Type.String({ description: 'Of one dialect alone: native, rocketchat, mattermost or superoffice.' })),
})

/** The API description. */
export function descriptionRoutes({ document, dialects }: Catalogue): readonly Route[] {
  return [
    route({
      rule: 'O1',
      method: 'GET',
      path: '/openapi.json',
      summary: 'Read this description',
      answers: { 200: DocumentShape, 304: null },
      access: 'anyone',
      rate: 'none',
      query: OfDialect,
      handle({ query: { dialect = null }, request, reply }) {
        const written = document(dialect)
        if (written !== null) return answerTagged(written, request, reply)
        const names = dialects().map(({ name }) => name)
        throw new Failure('invalid', `"dialect" must be one of ${names.join(', ')}.`, { reason: 'malformed', field: 'dialect' })
      },
    }),
  ]
}
