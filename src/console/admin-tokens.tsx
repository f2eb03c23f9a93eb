import { useState } from 'preact/hooks'
import type { TokenDescription, NewToken as Wanted } from '../client/administration.ts'
import { CHOICES } from '../client/choices.ts'
import { AreaField, Checks, Field, linesOf, TextField } from './fields.tsx'
import { FailureWords, Secret, Sure, say, useDeed, useLoaded } from './parts.tsx'
import { nameOf, type User } from './people.ts'
import { go } from './route.ts'
import type { Session } from './session.ts'
import { t, timeWords } from './words.ts'

const KINDS = ['personal', 'application', 'publishable'] as const

/** The tokens of one user, of the caller unless another is named: those of people, of applications and of pages. */
export function TokensPage({ session, word }: { readonly session: Session; readonly word: string }) {
  const { administration, people, me } = session
  const [typed, setTyped] = useState(word || me.username)
  const user = word === '' ? (people.user(me.id) ?? me) : people.find(word)
  const whose = user?.id ?? word
  const { thing, failure, reload } = useLoaded(() => administration.tokens(whose), [whose])

  function look(event: Event): void {
    event.preventDefault()
    go('admin', 'tokens', typed.trim().replace(/^@/, ''))
  }

  return (
    <>
      <form class="row fields" onSubmit={look}>
        <TextField label={`${t('tokens.of')}: ${t('groups.addWho')}`} value={typed} told={setTyped} required />
        <button type="submit" class="quiet">
          {t('audit.show')}
        </button>
      </form>
      <FailureWords failure={failure} />
      {user !== null && (
        <section class="card" aria-label={nameOf(user)}>
          <h2>{nameOf(user)}</h2>
          {thing?.length === 0 && <p class="soft">{t('tokens.none')}</p>}
          <ul class="table">
            {thing?.map((token) => (
              <TokenLine key={token.id} session={session} token={token} user={user} ended={reload} />
            ))}
          </ul>
        </section>
      )}
      {user !== null && <NewToken key={user.id} session={session} user={user} made={reload} />}
    </>
  )
}

interface TokenParts {
  readonly session: Session
  readonly token: TokenDescription
  readonly user: User
  readonly ended: () => void
}

function TokenLine({ session: { administration }, token, user, ended }: TokenParts) {
  const { id, kind, name, scopes, createdAt, until, lastUsedAt, tail } = token
  async function end(): Promise<void> {
    await administration.deleteToken(user.id, id)
    say(t('tokens.ended'))
    ended()
  }
  return (
    <li>
      <span class="who">
        <b>{name === '' ? t(`tokens.kind.${kind}`) : name}</b>
        <span class="soft">
          {name !== '' && `${t(`tokens.kind.${kind}`)} · `}
          {t('tokens.tail', { tail })} · {t('tokens.made', { time: timeWords(createdAt) })} ·{' '}
          {lastUsedAt === null ? t('tokens.unused') : t('tokens.used', { time: timeWords(lastUsedAt) })}
          {until !== null && ` · ${t('until', { time: timeWords(until) })}`}
        </span>
        {kind !== 'login' && <code>{scopes.join(' ')}</code>}
      </span>
      <Sure question={t('tokens.endSure', { name: name === '' ? tail : name })} verb={t('tokens.end')} done={end}>
        {t('tokens.end')}
      </Sure>
    </li>
  )
}

const NOTHING = { name: '', kind: 'application', scopes: [], users: '', groups: '', origins: '', until: '' } as const

interface NewFields {
  readonly name: string
  readonly kind: (typeof KINDS)[number]
  readonly scopes: NonNullable<Wanted['scopes']>
  readonly users: string
  readonly groups: string
  readonly origins: string
  readonly until: string
}

interface NewTokenParts {
  readonly session: Session
  readonly user: User
  readonly made: () => void
}

function NewToken({ session: { administration }, user, made }: NewTokenParts) {
  const [fields, setFields] = useState<NewFields>(NOTHING)
  const [secret, setSecret] = useState<string | null>(null)
  const { busy, failure, run } = useDeed()
  const change = (more: Partial<NewFields>) => setFields((before) => ({ ...before, ...more }))

  async function make(event: Event): Promise<void> {
    event.preventDefault()
    await run(async () => {
      const { token } = await administration.createToken({ ...wordsOf(fields), userId: user.id })
      setSecret(token)
      setFields(NOTHING)
      made()
    })
  }

  return (
    <details class="card" open={secret !== null}>
      <summary>{t('tokens.new')}</summary>
      <form onSubmit={(event) => void make(event)}>
        {secret !== null && <Secret secret={secret} />}
        <div class="two">
          <TextField label={t('name')} value={fields.name} told={(name) => change({ name })} required />
          <Field label={t('tokens.kind')}>
            {(ids) => (
              <select
                {...ids}
                value={fields.kind}
                onChange={({ currentTarget }) =>
                  change({ kind: KINDS.find((kind) => kind === currentTarget.value) ?? 'personal' })
                }
              >
                {KINDS.map((kind) => (
                  <option key={kind} value={kind}>
                    {t(`tokens.kind.${kind}`)}
                  </option>
                ))}
              </select>
            )}
          </Field>
          <TextField label={t('tokens.until')} type="datetime-local" value={fields.until} told={(until) => change({ until })} />
        </div>
        <Checks
          legend={t('tokens.scopes')}
          hint={t('tokens.scopesHint')}
          words={CHOICES.scopes}
          chosen={fields.scopes}
          told={(scopes) => change({ scopes })}
        />
        <div class="two">
          <AreaField label={t('tokens.users')} value={fields.users} told={(users) => change({ users })} />
          <AreaField label={t('tokens.groups')} value={fields.groups} told={(groups) => change({ groups })} />
          <AreaField label={t('tokens.origins')} value={fields.origins} told={(origins) => change({ origins })} />
        </div>
        <FailureWords failure={failure} />
        <div class="row">
          <button type="submit" class="solid" disabled={busy}>
            {t('tokens.create')}
          </button>
        </div>
      </form>
    </details>
  )
}

/** What was left empty is not said. */
function wordsOf({ name, kind, scopes, users, groups, origins, until }: NewFields): Wanted {
  const lists = { users: linesOf(users), groups: linesOf(groups), origins: linesOf(origins), scopes }
  const said = Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0))
  return { name, kind, ...said, ...(until !== '' && { until: Date.parse(until) }) }
}
