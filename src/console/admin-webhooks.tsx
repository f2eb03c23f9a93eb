import { useState } from 'preact/hooks'
import { CHOICES } from '../client/choices.ts'
import type { Availability } from '../client/client.ts'
import { AreaField, Checks, linesOf, TextField } from './fields.tsx'
import { FailureWords, Secret, Sure, say, useDeed, useLoaded } from './parts.tsx'
import type { Session } from './session.ts'
import { t, timeWords } from './words.ts'

/** A webhook as the API describes it. */
interface Webhook {
  readonly id: string
  readonly url: string
  readonly name: string
  readonly users: readonly string[] | null
  readonly groups: readonly string[] | null
  readonly availabilities: readonly Availability[] | null
  readonly active: boolean
  readonly disabled: { readonly at: string; readonly why: string } | null
}

interface Try {
  readonly messageId: string
  readonly at: string
  readonly number: number
  readonly status: number | null
  readonly tookMs: number
  readonly why: string | null
}

interface Deliveries {
  readonly waiting: number
  readonly failingSince: string | null
  readonly recent: readonly Try[]
  readonly dead: readonly { readonly messageId: string; readonly at: string; readonly why: string }[]
}

const pathOf = (id: string): string => `/v1/webhooks/${encodeURIComponent(id)}`

/** Programs elsewhere that are told what changes. */
export function WebhooksPage({ session }: { readonly session: Session }) {
  const { client } = session
  const { thing, failure, reload } = useLoaded<readonly Webhook[]>(
    async () => (await client.call('GET', '/v1/webhooks')).webhooks,
    [],
  )
  return (
    <>
      <FailureWords failure={failure} />
      {thing?.length === 0 && <p class="empty">{t('webhooks.none')}</p>}
      {thing?.map((webhook) => (
        <WebhookCard key={webhook.id} session={session} webhook={webhook} changed={reload} />
      ))}
      <NewWebhook session={session} made={reload} />
    </>
  )
}

interface CardParts {
  readonly session: Session
  readonly webhook: Webhook
  readonly changed: () => void
}

function WebhookCard({ session, webhook, changed }: CardParts) {
  const { client } = session
  const { id, url, name, active, disabled } = webhook
  const [secret, setSecret] = useState<string | null>(null)
  const { busy, failure, run } = useDeed()
  const isOn = active && disabled === null

  async function test(): Promise<void> {
    const tried: Try = await client.call('POST', `${pathOf(id)}/test`)
    say(
      tried.why === null
        ? t('webhooks.tested', { status: String(tried.status), took: tried.tookMs })
        : t('webhooks.testFailed', { why: tried.why }),
    )
  }

  async function turn(): Promise<void> {
    await client.call('PATCH', pathOf(id), { active: !isOn })
    changed()
  }

  async function rotate(): Promise<void> {
    setSecret((await client.call('POST', `${pathOf(id)}/rotate`, {})).secret)
  }

  async function remove(): Promise<void> {
    await client.call('DELETE', pathOf(id))
    say(t('deleted'))
    changed()
  }

  return (
    <section class="card" aria-label={name === '' ? url : name}>
      <div class="row">
        <h2>{name === '' ? url : name}</h2>
        <span class="chip">{t(isOn ? 'webhooks.on' : 'webhooks.off')}</span>
      </div>
      <code>{url}</code>
      {disabled !== null && <p class="failure">{t('webhooks.disabled', { why: disabled.why })}</p>}
      {secret !== null && <Secret secret={secret} />}
      <FailureWords failure={failure} />
      <div class="row">
        <button type="button" class="quiet" disabled={busy} onClick={() => void run(test)}>
          {t('webhooks.test')}
        </button>
        <button type="button" class="quiet" disabled={busy} onClick={() => void run(turn)}>
          {t(isOn ? 'webhooks.turnOff' : 'webhooks.turnOn')}
        </button>
        <Sure question={t('webhooks.rotateSure', { name: name === '' ? url : name })} verb={t('webhooks.rotate')} done={rotate}>
          {t('webhooks.rotate')}
        </Sure>
        <Sure question={t('webhooks.deleteSure', { name: name === '' ? url : name })} verb={t('delete')} done={remove}>
          {t('delete')}
        </Sure>
      </div>
      <details>
        <summary>{t('webhooks.deliveries')}</summary>
        <DeliveriesOf session={session} webhookId={id} />
      </details>
    </section>
  )
}

function DeliveriesOf({ session: { client }, webhookId }: { readonly session: Session; readonly webhookId: string }) {
  const { thing, failure, reload } = useLoaded<Deliveries>(
    () => client.call('GET', `${pathOf(webhookId)}/deliveries`),
    [webhookId],
  )
  const { busy, failure: refused, run } = useDeed()

  const redeliver = () =>
    run(async () => {
      const { wanted } = await client.call('POST', `${pathOf(webhookId)}/redeliver`, {})
      say(t('webhooks.redelivered', { count: wanted }))
      reload()
    })

  if (thing === null) return failure === null ? <p>{t('loading')}</p> : <FailureWords failure={failure} />
  return (
    <div class="field">
      <p class="soft">
        {t('webhooks.waiting', { count: thing.waiting })}
        {thing.failingSince !== null && ` · ${t('webhooks.failingSince', { time: timeWords(Date.parse(thing.failingSince)) })}`}
      </p>
      <FailureWords failure={refused} />
      {thing.dead.length > 0 && (
        <>
          <h3>{t('webhooks.dead')}</h3>
          <ul class="table">
            {thing.dead.map(({ messageId, at, why }) => (
              <li key={messageId}>
                <span class="who">{why}</span>
                <span class="soft">{timeWords(Date.parse(at))}</span>
              </li>
            ))}
          </ul>
          <button type="button" class="quiet" disabled={busy} onClick={() => void redeliver()}>
            {t('webhooks.redeliver')}
          </button>
        </>
      )}
      <h3>{t('webhooks.recent')}</h3>
      {thing.recent.length === 0 && <p class="soft">{t('webhooks.nothing')}</p>}
      <ul class="table">
        {thing.recent.map((tried) => (
          <li key={`${tried.messageId} ${tried.number}`}>
            <span class="who">
              {tried.why === null
                ? t('webhooks.tested', { status: String(tried.status), took: tried.tookMs })
                : t('webhooks.testFailed', { why: tried.why })}
            </span>
            <span class="soft">{timeWords(Date.parse(tried.at))}</span>
          </li>
        ))}
      </ul>
      <button type="button" class="quiet" onClick={reload}>
        {t('retry')}
      </button>
    </div>
  )
}

const NOTHING = { url: '', name: '', users: '', groups: '', availabilities: [] as readonly string[] }

function NewWebhook({ session: { client }, made }: { readonly session: Session; readonly made: () => void }) {
  const [fields, setFields] = useState(NOTHING)
  const [secret, setSecret] = useState<string | null>(null)
  const { busy, failure, run } = useDeed()
  const change = (more: Partial<typeof NOTHING>) => setFields((before) => ({ ...before, ...more }))

  async function make(event: Event): Promise<void> {
    event.preventDefault()
    const { url, name, availabilities } = fields
    const lists = { users: linesOf(fields.users), groups: linesOf(fields.groups), availabilities }
    const limits = Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0))
    await run(async () => {
      setSecret((await client.call('POST', '/v1/webhooks', { url, name, ...limits })).secret)
      setFields(NOTHING)
      made()
    })
  }

  return (
    <details class="card" open={secret !== null}>
      <summary>{t('webhooks.new')}</summary>
      <form onSubmit={(event) => void make(event)}>
        {secret !== null && <Secret secret={secret} />}
        <div class="two">
          <TextField
            label={t('webhooks.url')}
            type="url"
            value={fields.url}
            told={(url) => change({ url })}
            required
            placeholder="https://"
          />
          <TextField label={t('name')} value={fields.name} told={(name) => change({ name })} />
          <AreaField label={t('webhooks.users')} value={fields.users} told={(users) => change({ users })} />
          <AreaField label={t('webhooks.groups')} value={fields.groups} told={(groups) => change({ groups })} />
        </div>
        <Checks
          legend={t('webhooks.availabilities')}
          words={CHOICES.availabilities}
          chosen={fields.availabilities}
          told={(availabilities) => change({ availabilities })}
        />
        <FailureWords failure={failure} />
        <div class="row">
          <button type="submit" class="solid" disabled={busy}>
            {t('webhooks.create')}
          </button>
        </div>
      </form>
    </details>
  )
}
