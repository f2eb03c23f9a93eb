import { type Explanation, Failure, type ShownPresence } from '../client/client.ts'
import { listed } from '../client/pages.ts'
import { Face, NoteWords, Words } from './dot.tsx'
import { History } from './history.tsx'
import { FailureWords, Title, useLoaded } from './parts.tsx'
import { isAdministrator, nameOf, type User } from './people.ts'
import { hrefOf } from './route.ts'
import type { Session } from './session.ts'
import { StatusForm } from './status-form.tsx'
import { language, presenceWords, t, timeWords } from './words.ts'

/** One person: how they are, and why. */
export function PersonPage({ session, word }: { readonly session: Session; readonly word: string }) {
  const { people } = session
  const user = people.find(word)
  if (user !== null) return <Known session={session} user={user} />
  return (
    <div class="page">
      <Title>{word}</Title>
      <p>{people.loaded.value ? t('person.unknown', { name: word }) : t('loading')}</p>
    </div>
  )
}

function Known({ session, user }: { readonly session: Session; readonly user: User }) {
  const { people, me, emoji } = session
  const presence = people.presence(user.id)
  const isOther = user.id !== me.id
  return (
    <div class="page">
      <section class="card now">
        <Face user={user} presence={presence} large />
        <div class="who">
          <Title>{nameOf(user)}</Title>
          <span class="soft">
            @{user.username}
            {user.bot && ` · ${t('users.bots')}`}
            {!user.active && ` · ${t('users.inactive')}`}
          </span>
          <Words presence={presence} />
          <NoteWords note={presence?.note ?? null} emoji={emoji} />
          {presence !== null && <Since presence={presence} />}
        </div>
      </section>
      <Why session={session} user={user} presence={presence} />
      <History session={session} user={user} presence={presence} />
      <InGroups session={session} user={user} />
      {isOther && isAdministrator(me) && presence !== null && (
        <details class="card">
          <summary>{t('person.set', { name: nameOf(user) })}</summary>
          <StatusForm session={session} userId={user.id} />
        </details>
      )}
    </div>
  )
}

function Since({ presence: { since, lastActiveAt, note } }: { readonly presence: ShownPresence }) {
  return (
    <span class="soft">
      {t('since', { time: timeWords(since) })}
      {note?.until != null && ` · ${t('status.note')} ${t('until', { time: timeWords(note.until) })}`}
      {lastActiveAt !== null && ` · ${t('person.lastActive', { time: timeWords(lastActiveAt) })}`}
    </span>
  )
}

interface WhyParts {
  readonly session: Session
  readonly user: User
  readonly presence: ShownPresence | null
}

/** Explains the presence to those who may know; another one is explained anew. */
function Why({ session: { client, people }, user, presence }: WhyParts) {
  const { thing, failure } = useLoaded(
    () => client.commands.explain(user.id, { zone: Intl.DateTimeFormat().resolvedOptions().timeZone, language: language.value }),
    [user.id, presence, language.value],
  )
  const isHidden = failure instanceof Failure && failure.code === 'forbidden'
  return (
    <section class="card" aria-labelledby="why">
      <h2 id="why">{t('person.why')}</h2>
      {isHidden ? <p class="soft">{t('person.whyHidden')}</p> : <FailureWords failure={failure} />}
      {thing !== null && !isHidden && (
        <>
          <p class="sentence" lang={thing.language}>
            {thing.sentence}
          </p>
          <Facts facts={thing.facts} nameOfId={(by) => maybeName(people.user(by), by)} />
          <h3>{t('person.next')}</h3>
          <p>
            {thing.next === null
              ? t('person.noNext')
              : t('person.nextAt', { time: timeWords(thing.next.at), words: presenceWords(thing.next.presence) })}
          </p>
        </>
      )}
    </section>
  )
}

const maybeName = (user: User | null, id: string): string => (user === null ? id : nameOf(user))

type Fact = Explanation['facts'][number]

interface FactsParts {
  readonly facts: readonly Fact[]
  readonly nameOfId: (by: string) => string
}

function Facts({ facts, nameOfId }: FactsParts) {
  const claims = facts.filter(({ kind }) => kind !== 'session')
  const sessions = facts.filter(({ kind }) => kind === 'session')
  return (
    <>
      <h3>{t('person.claims')}</h3>
      {claims.length === 0 && <p class="soft">{t('person.noClaims')}</p>}
      <ul class="facts">
        {claims.map((fact) => (
          <FactLine key={fact.id} fact={fact} nameOfId={nameOfId} />
        ))}
      </ul>
      <h3>{t('person.sessions')}</h3>
      {sessions.length === 0 && <p class="soft">{t('person.noSessions')}</p>}
      <ul class="facts">
        {sessions.map((fact) => (
          <FactLine key={fact.id} fact={fact} nameOfId={nameOfId} />
        ))}
      </ul>
    </>
  )
}

const ROLES = { availability: 'fact.wins', note: 'fact.note', both: 'fact.both', lost: 'fact.lost' } as const

function FactLine({
  fact: { id, kind, says, since, until, via, by, role, rule, lostTo },
  nameOfId,
}: { readonly fact: Fact } & Pick<FactsParts, 'nameOfId'>) {
  return (
    <li class={role === 'lost' ? 'lost' : 'wins'}>
      <span>
        <b>{says}</b>
        {kind === 'claim' && <code>{id}</code>}
      </span>
      <span class="soft">
        {t('since', { time: timeWords(since) })}
        {until !== null && ` · ${t('until', { time: timeWords(until) })}`}
        {via !== null && ` · ${via}`}
        {by !== null && ` · ${t('audit.by', { name: nameOfId(by) })}`}
      </span>
      <span class="role">
        {role === 'lost' && lostTo !== null ? t('fact.lostTo', { other: lostTo }) : t(ROLES[role])}{' '}
        <span class="soft">({t('fact.rule', { rule })})</span>
      </span>
    </li>
  )
}

function InGroups({ session: { administration }, user }: { readonly session: Session; readonly user: User }) {
  const { thing } = useLoaded(() => listed(administration.groups.list({ user: user.id })), [user.id])
  if (thing === null || thing.length === 0) return null
  return (
    <section class="card" aria-labelledby="in-groups">
      <h2 id="in-groups">{t('person.groups')}</h2>
      <ul class="tags">
        {thing.map(({ id, name }) => (
          <li key={id}>
            <a class="chip" href={hrefOf('groups', id)}>
              {name}
            </a>
          </li>
        ))}
      </ul>
    </section>
  )
}
