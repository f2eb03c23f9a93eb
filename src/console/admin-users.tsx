import { useState } from 'preact/hooks'
import { Face } from './dot.tsx'
import { TextField } from './fields.tsx'
import { LongList } from './list.tsx'
import { FailureWords, say, useDeed } from './parts.tsx'
import { nameOf, type User } from './people.ts'
import { go, hrefOf } from './route.ts'
import type { Session } from './session.ts'
import { t } from './words.ts'

/** All users; each leads to where it is changed. */
export function UsersPage({ session }: { readonly session: Session }) {
  const { people } = session
  const [text, setText] = useState('')
  const wanted = text.trim().toLowerCase()
  const rows = people.users.value.filter((user) => wordsOf(user).includes(wanted))
  return (
    <>
      <NewUser session={session} />
      <div class="head">
        <input
          type="search"
          class="short"
          aria-label={t('users.search')}
          placeholder={t('users.search')}
          value={text}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
        <p class="soft" aria-live="polite">
          {t('board.count', { count: rows.length })}
        </p>
      </div>
      <div class="users">
        <LongList
          label={t('admin.users')}
          rows={rows}
          keyOf={({ id }) => id}
          hrefOf={({ username }) => hrefOf('admin', 'users', username)}
          height={3.5}
        >
          {(user) => (
            <>
              <Face user={user} presence={people.presence(user.id)} />
              <span class="who">
                <b>{nameOf(user)}</b>
                <span class="soft">@{user.username}</span>
              </span>
              <span class="words soft">{kindsOf(user).join(', ')}</span>
              <span class="note soft">{user.email}</span>
            </>
          )}
        </LongList>
      </div>
    </>
  )
}

const wordsOf = ({ name, username, email }: User): string => `${name} ${username} ${email ?? ''}`.toLowerCase()

const kindsOf = ({ roles, bot, active }: User): string[] => [
  ...roles,
  ...(bot ? [t('users.bots')] : []),
  ...(active ? [] : [t('users.inactive')]),
]

function NewUser({ session: { administration, people } }: { readonly session: Session }) {
  const [fields, setFields] = useState({ username: '', name: '', email: '', password: '' })
  const { busy, failure, run } = useDeed()
  const field = (name: keyof typeof fields) => ({
    value: fields[name],
    told: (value: string) => setFields((before) => ({ ...before, [name]: value })),
  })

  async function make(event: Event): Promise<void> {
    event.preventDefault()
    const { username, ...others } = fields
    const named = Object.fromEntries(Object.entries(others).filter(([, value]) => value !== ''))
    await run(async () => {
      const user = await administration.createUser({ username, ...named })
      people.put(user)
      say(t('saved'))
      go('admin', 'users', user.username)
    })
  }

  return (
    <details class="card">
      <summary>{t('users.new')}</summary>
      <form onSubmit={(event) => void make(event)}>
        <div class="two">
          <TextField label={t('users.username')} required {...field('username')} />
          <TextField label={t('name')} {...field('name')} />
          <TextField label={t('users.email')} type="email" {...field('email')} />
          <TextField
            label={t('users.password')}
            type="password"
            autocomplete="new-password"
            hint={t('users.newPasswordHint')}
            {...field('password')}
          />
        </div>
        <FailureWords failure={failure} />
        <div class="row">
          <button type="submit" class="solid" disabled={busy}>
            {t('users.create')}
          </button>
        </div>
      </form>
    </details>
  )
}
