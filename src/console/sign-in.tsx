import { useState } from 'preact/hooks'
import { TextField } from './fields.tsx'
import { FailureWords, Title, useDeed } from './parts.tsx'
import { goodbye, open, signIn } from './session.ts'
import { LANGUAGES, type Language, language, speak, t } from './words.ts'

/** The way in. `before`: why somebody who was in could not come back. */
export function SignIn({ before }: { readonly before: unknown }) {
  const [username, setUsername] = useState('')
  const [password, setPassword] = useState('')
  const [token, setToken] = useState<string | null>(null)
  const { busy, failure, run } = useDeed()

  function enter(event: Event): void {
    event.preventDefault()
    void run(() => (token === null ? signIn(username, password) : open(token.trim())))
  }

  return (
    <main class="door">
      <img src="/console/icon.svg" alt="" width="56" height="56" />
      <Title>{t('signIn.title')}</Title>
      {goodbye.value === 'ended' && failure === null && <p class="notice">{t('signIn.ended')}</p>}
      <form class="card" onSubmit={enter}>
        {token === null ? (
          <>
            <TextField label={t('signIn.username')} value={username} told={setUsername} autocomplete="username" required />
            <TextField
              label={t('signIn.password')}
              type="password"
              value={password}
              told={setPassword}
              autocomplete="current-password"
              required
            />
          </>
        ) : (
          <TextField
            label={t('signIn.token')}
            type="password"
            value={token}
            told={setToken}
            autocomplete="off"
            hint={t('signIn.tokenHint')}
            required
          />
        )}
        <FailureWords failure={failure ?? before} />
        <button type="submit" class="solid wide" disabled={busy}>
          {t('signIn')}
        </button>
        <button type="button" class="quiet wide" onClick={() => setToken(token === null ? '' : null)}>
          {t(token === null ? 'signIn.withToken' : 'signIn.withPassword')}
        </button>
      </form>
      <Languages />
    </main>
  )
}

/** The languages there are, each in its own words. */
export function Languages() {
  return (
    <fieldset class="languages" aria-label={t('language')}>
      {(Object.keys(LANGUAGES) as Language[]).map((one) => (
        <button key={one} type="button" class="quiet" lang={one} aria-pressed={one === language.value} onClick={() => speak(one)}>
          {LANGUAGES[one]}
        </button>
      ))}
    </fieldset>
  )
}
