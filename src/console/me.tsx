import { useState } from 'preact/hooks'
import { Face, NoteWords, Words } from './dot.tsx'
import { Choice, Switch } from './fields.tsx'
import { FailureWords, say, Title, useDeed, useLoaded } from './parts.tsx'
import { nameOf } from './people.ts'
import { type Preset, QUICK } from './presets.ts'
import { hrefOf } from './route.ts'
import { type Session, signOut } from './session.ts'
import { Languages } from './sign-in.tsx'
import { applied, type Wanted, wantedOf } from './status.ts'
import { StatusForm } from './status-form.tsx'
import { dress, THEMES, theme } from './theme.ts'
import { t } from './words.ts'

/** One's own status, and how one likes the console. */
export function Me({ session }: { readonly session: Session }) {
  const { me, people, emoji } = session
  const presence = people.presence(me.id)
  const user = people.user(me.id) ?? me
  // What is chosen by one click is what the form then shows.
  const [turn, setTurn] = useState(0)
  return (
    <div class="page">
      <Title>{t('me.title')}</Title>
      <section class="card now">
        <Face user={user} presence={presence} large />
        <div class="who">
          <b>
            <a href={hrefOf('people', user.username)}>{nameOf(user)}</a>
          </b>
          <Words presence={presence} />
          <NoteWords note={presence?.note ?? null} emoji={emoji} />
        </div>
      </section>
      <Quick session={session} done={() => setTurn(turn + 1)} />
      <section class="card" aria-labelledby="own-status">
        <h2 id="own-status">{t('me.own')}</h2>
        {presence === null ? <p class="soft">{t('loading')}</p> : <StatusForm key={turn} session={session} userId={me.id} />}
      </section>
      <section class="card" aria-labelledby="this-console">
        <h2 id="this-console">{t('here')}</h2>
        <Switch
          label={t('here.present')}
          hint={t('here.presentHint')}
          on={session.present.on.value}
          told={session.present.turn}
        />
        <Choice legend={t('theme')} words={THEMES} chosen={theme.value} told={dress}>
          {(one) => t(`theme.${one}`)}
        </Choice>
        <Languages />
        <button type="button" class="quiet danger" onClick={() => void signOut()}>
          {t('signOut')}
        </button>
      </section>
    </div>
  )
}

/** Ready-made statuses: ours, and those of the workspace. */
function Quick({ session, done }: { readonly session: Session; readonly done: () => void }) {
  const { busy, failure, run } = useDeed()
  const { thing } = useLoaded<readonly Preset[]>(async () => (await session.client.call('GET', '/v1/presets')).presets, [])
  const ready: readonly (readonly [name: string, wanted: Wanted])[] = [
    ...QUICK.map(([key, wanted]) => [t(key), { ...wanted, text: t(key) }] as const),
    ...(thing ?? []).map(({ name, availability }) => [name, { ...wantedOf(null), availability, text: name }] as const),
  ]

  async function take(wanted: Wanted): Promise<void> {
    if (await run(() => applied(session.client, session.me.id, wanted))) say(t('status.done'))
    done()
  }

  return (
    <section class="card" aria-labelledby="quick">
      <h2 id="quick">{t('me.quick')}</h2>
      <div class="quick">
        {ready.map(([name, wanted]) => (
          <button key={name} type="button" class="preset" disabled={busy} onClick={() => void take(wanted)}>
            <span aria-hidden="true">{wanted.emoji === '' ? '💬' : session.emoji.characterOf(wanted.emoji)}</span>
            <span>
              <b>{name}</b>
              <span class="soft">
                {wanted.availability !== null && t(wanted.availability)}
                {wanted.span !== 'never' && ` · ${t(`until.${wanted.span}`)}`}
              </span>
            </span>
          </button>
        ))}
      </div>
      <FailureWords failure={failure} />
    </section>
  )
}
