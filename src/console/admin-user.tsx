import { useState } from 'preact/hooks'
import { CHOICES } from '../client/choices.ts'
import { Checks, Switch, TextField } from './fields.tsx'
import { FailureWords, Sure, say, useDeed } from './parts.tsx'
import { nameOf, type User } from './people.ts'
import { go, hrefOf } from './route.ts'
import type { Session } from './session.ts'
import { t } from './words.ts'

/** One user, to be changed or deleted. */
export function UserPage({ session, word }: { readonly session: Session; readonly word: string }) {
  const user = session.people.find(word)
  if (user === null) return <p>{session.people.loaded.value ? t('person.unknown', { name: word }) : t('loading')}</p>
  return <Change session={session} user={user} />
}

function Change({ session: { administration, people }, user }: { readonly session: Session; readonly user: User }) {
  const [fields, setFields] = useState({ ...user, email: user.email ?? '', timezone: user.timezone ?? '', password: '' })
  const { busy, failure, run } = useDeed()
  const change = (more: Partial<typeof fields>) => setFields((before) => ({ ...before, ...more }))
  const field = (name: 'username' | 'name' | 'email' | 'timezone' | 'password') => ({
    value: fields[name],
    told: (value: string) => change({ [name]: value }),
  })

  async function save(event: Event): Promise<void> {
    event.preventDefault()
    const { username, name, email, timezone, roles, bot, active, password } = fields
    const changed = { username, name, email: email || null, timezone: timezone || null, roles, bot, active }
    await run(async () => {
      people.put(await administration.updateUser(user.id, { ...changed, ...(password !== '' && { password }) }))
      change({ password: '' })
      say(t('saved'))
    })
  }

  async function remove(): Promise<void> {
    await administration.deleteUser(user.id)
    people.remove(user.id)
    say(t('deleted'))
    go('admin', 'users')
  }

  return (
    <section class="card" aria-label={nameOf(user)}>
      <div class="row">
        <h2>{nameOf(user)}</h2>
        <a href={hrefOf('people', user.username)}>{t('users.page')}</a>
        <a href={hrefOf('admin', 'tokens', user.username)}>{t('users.tokens')}</a>
      </div>
      <form onSubmit={(event) => void save(event)}>
        <div class="two">
          <TextField label={t('users.username')} required {...field('username')} />
          <TextField label={t('name')} {...field('name')} />
          <TextField label={t('users.email')} type="email" {...field('email')} />
          <TextField label={t('users.timezone')} {...field('timezone')} />
          <TextField
            label={t('users.password')}
            type="password"
            autocomplete="new-password"
            hint={t('users.passwordHint')}
            {...field('password')}
          />
        </div>
        <Checks legend={t('users.roles')} words={CHOICES.roles} chosen={fields.roles} told={(roles) => change({ roles })} />
        <Switch label={t('users.bot')} on={fields.bot} told={(bot) => change({ bot })} />
        <Switch label={t('users.active')} on={fields.active} told={(active) => change({ active })} />
        <FailureWords failure={failure} />
        <div class="row">
          <button type="submit" class="solid" disabled={busy}>
            {t('save')}
          </button>
          <Sure question={t('users.deleteSure', { name: nameOf(user) })} verb={t('delete')} done={remove}>
            {t('delete')}
          </Sure>
        </div>
      </form>
    </section>
  )
}
