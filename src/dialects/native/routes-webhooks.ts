import { type TProperties, Type } from 'typebox'
import type { Services } from '../../core/service.ts'
import { AVAILABILITIES, type Instant } from '../../core/vocabulary.ts'
import type {
  DeadLetter,
  Deliveries,
  DeliveryTry,
  MadeWebhook,
  Webhook,
  WebhooksService,
  WebhookWords,
} from '../../core/webhooks.ts'
import { type Route, route } from '../../http/route.ts'
import { answerTagged, tag } from './answers.ts'
import { fields } from './schemas.ts'
import { TimeShape } from './shapes.ts'
import { timeOf, userOf } from './translate.ts'

const Word = Type.String({ maxLength: 2_048 })
/** A list, or null for no limit. */
const Limit = Type.Optional(
  Type.Unsafe<string[] | null>({ type: ['array', 'null'], items: { type: 'string', maxLength: 1_024 }, maxItems: 1_000 }),
)
const words = {
  name: Type.Optional(Word),
  users: Limit,
  groups: Limit,
  availabilities: Type.Optional(
    Type.Unsafe<WebhookWords['availabilities']>({ type: ['array', 'null'], items: { enum: [...AVAILABILITIES] }, maxItems: 5 }),
  ),
  active: Type.Optional(Type.Boolean()),
}
const NewWebhook = fields({ url: Word, ...words })
const WebhookFields = fields({ url: Type.Optional(Word), ...words })
const Rotation = fields({ keepOldMs: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })) })
const Redelivery = fields({ ids: Type.Optional(Type.Array(Word, { maxItems: 1_000 })) })
const ByWebhook = fields({ webhook: Type.String() })

const titled = <P extends TProperties>(title: string, properties: P) =>
  Type.Object(properties, { additionalProperties: false, title })
const maybe = (description: string, type: 'string' | 'integer' = 'string') => Type.Unsafe({ type: [type, 'null'], description })
const MaybeTime = Type.Union([TimeShape, Type.Null()])
const Names = Type.Union([Type.Array(Type.String()), Type.Null()])

const webhookShape = {
  id: Type.String(),
  url: Type.String(),
  name: Type.String(),
  users: Names,
  groups: Names,
  availabilities: Type.Union([Type.Array(Type.Enum([...AVAILABILITIES])), Type.Null()]),
  active: Type.Boolean(),
  disabled: Type.Union([fields({ at: TimeShape, why: Type.String() }), Type.Null()]),
  secrets: Type.Array(fields({ tail: Type.String(), until: MaybeTime })),
  createdAt: TimeShape,
  updatedAt: TimeShape,
}
const WebhookShape = titled('Webhook', webhookShape)
const WebhooksShape = titled('WebhookList', { webhooks: Type.Array(WebhookShape) })
const MadeShape = titled('NewWebhook', { secret: Type.String({ description: 'Shown this once.' }), ...webhookShape })
const TryShape = titled('DeliveryTry', {
  messageId: Type.String(),
  at: TimeShape,
  number: Type.Integer({ minimum: 1 }),
  status: maybe('What was answered; null: nothing.', 'integer'),
  tookMs: Type.Integer(),
  why: maybe('Why it was not taken; null: it was.'),
})
const DeliveriesShape = titled('Deliveries', {
  waiting: Type.Integer({ description: 'Users who changed and wait to be told of.' }),
  failingSince: MaybeTime,
  recent: Type.Array(TryShape),
  dead: Type.Array(
    titled('DeadLetter', {
      messageId: Type.String(),
      at: TimeShape,
      users: Type.Array(Type.String()),
      tries: Type.Integer(),
      why: Type.String(),
      wanted: Type.Boolean(),
    }),
  ),
})
const RedeliveredShape = titled('Redelivery', { wanted: Type.Integer({ description: 'How many will be told again.' }) })

/** How long the old secret signs beside a new one when nobody says otherwise, in ms. */
const KEEP_OLD_MS = 86_400_000

/** Programs elsewhere that are told what changes. */
export function webhookRoutes({ people }: Services, webhooks: WebhooksService): readonly Route[] {
  const shared = { rule: 'WH1', access: 'user', rate: 'read', permission: 'manage-webhooks' } as const
  const one = { ...shared, params: ByWebhook, refuses: [404] } as const
  return [
    route({
      ...shared,
      method: 'GET',
      path: '/v1/webhooks',
      summary: 'List webhooks',
      answers: { 200: WebhooksShape, 304: null },
      handle({ principal, request, reply }) {
        const list = webhooks.as(principal).list().map(webhookOut)
        return answerTagged(tag(JSON.stringify({ webhooks: list })), request, reply)
      },
    }),
    route({
      ...shared,
      method: 'POST',
      path: '/v1/webhooks',
      repeatable: true,
      summary: 'Make a webhook',
      answers: { 201: MadeShape },
      refuses: [404],
      body: NewWebhook,
      async handle({ body: { users, ...rest }, principal, reply }) {
        const named = users?.map((word) => userOf(word, principal, people, 'users'))
        const made = await webhooks.as(principal).create({ ...rest, users: named ?? null })
        reply
          .code(201)
          .header('Location', `/v1/webhooks/${made.webhook.id}`)
          .header(...NO_STORE)
        return madeOut(made)
      },
    }),
    route({
      ...one,
      method: 'GET',
      path: '/v1/webhooks/:webhook',
      summary: 'Read a webhook',
      answers: { 200: WebhookShape, 304: null },
      handle({ params, principal, request, reply }) {
        return answerTagged(tag(JSON.stringify(webhookOut(webhooks.as(principal).get(params.webhook)))), request, reply)
      },
    }),
    route({
      ...one,
      method: 'PATCH',
      path: '/v1/webhooks/:webhook',
      summary: 'Change a webhook',
      answers: { 200: WebhookShape },
      body: WebhookFields,
      async handle({ params, body: { users, ...rest }, principal }) {
        const named = users === undefined ? {} : { users: users?.map((word) => userOf(word, principal, people, 'users')) ?? null }
        return webhookOut(await webhooks.as(principal).change(params.webhook, { ...rest, ...named }))
      },
    }),
    route({
      ...one,
      method: 'DELETE',
      path: '/v1/webhooks/:webhook',
      summary: 'Delete a webhook',
      answers: { 204: null },
      async handle({ params, principal, reply }) {
        await webhooks.as(principal).remove(params.webhook)
        return reply.code(204).send()
      },
    }),
    route({
      ...one,
      method: 'POST',
      path: '/v1/webhooks/:webhook/rotate',
      repeatable: true,
      summary: 'Give a webhook a new secret',
      answers: { 200: MadeShape },
      body: Rotation,
      async handle({ params, body, principal, reply }) {
        const made = await webhooks.as(principal).rotate(params.webhook, body.keepOldMs ?? KEEP_OLD_MS)
        reply.header(...NO_STORE)
        return madeOut(made)
      },
    }),
    route({
      ...one,
      rate: 'set',
      method: 'POST',
      path: '/v1/webhooks/:webhook/test',
      summary: 'Send a webhook a message that tells of nobody',
      answers: { 200: TryShape },
      async handle({ params, principal }) {
        return tryOut(await webhooks.as(principal).test(params.webhook))
      },
    }),
    route({
      ...one,
      method: 'GET',
      path: '/v1/webhooks/:webhook/deliveries',
      summary: 'Read what became of the messages of a webhook',
      answers: { 200: DeliveriesShape, 304: null },
      handle({ params, principal, request, reply }) {
        const text = JSON.stringify(deliveriesOut(webhooks.as(principal).deliveries(params.webhook)))
        return answerTagged(tag(text), request, reply)
      },
    }),
    route({
      ...one,
      method: 'POST',
      path: '/v1/webhooks/:webhook/redeliver',
      summary: 'Tell dead letters again',
      answers: { 202: RedeliveredShape },
      body: Redelivery,
      async handle({ params, body, principal, reply }) {
        return reply.code(202).send({ wanted: await webhooks.as(principal).redeliver(params.webhook, body.ids ?? null) })
      },
    }),
  ]
}

const NO_STORE = ['Cache-Control', 'no-store'] as const

const maybeTime = (instant: Instant | null): string | null => (instant === null ? null : timeOf(instant))

const webhookOut = ({ disabled, secrets, createdAt, updatedAt, ...rest }: Webhook): object => ({
  ...rest,
  disabled: disabled && { at: timeOf(disabled.at), why: disabled.why },
  secrets: secrets.map(({ tail, until }) => ({ tail, until: maybeTime(until) })),
  createdAt: timeOf(createdAt),
  updatedAt: timeOf(updatedAt),
})

const madeOut = ({ webhook, secret }: MadeWebhook): object => ({ secret, ...webhookOut(webhook) })

const tryOut = (tried: DeliveryTry): object => ({ ...tried, at: timeOf(tried.at) })

const letterOut = (letter: DeadLetter): object => ({ ...letter, at: timeOf(letter.at) })

const deliveriesOut = ({ waiting, failingSince, recent, dead }: Deliveries): object => ({
  waiting,
  failingSince: maybeTime(failingSince),
  recent: recent.map(tryOut),
  dead: dead.map(letterOut),
})
