import { useState } from 'preact/hooks'
import { CHOICES } from '../client/choices.ts'
import type { Activity } from '../client/client.ts'
import { Dot } from './dot.tsx'
import { EmojiPicker } from './emoji-picker.tsx'
import { Choice, Field, TextField } from './fields.tsx'
import { FailureWords, say, useDeed } from './parts.tsx'
import type { Session } from './session.ts'
import { applied, cleared, isAhead, type Wanted, wantedOf } from './status.ts'
import { SPANS } from './times.ts'
import { t } from './words.ts'

/** Sets somebody's status, one's own or, for those who may, another's. */
export function StatusForm({ session, userId }: { readonly session: Session; readonly userId: string }) {
  const { client, people, emoji } = session
  const [wanted, setWanted] = useState<Wanted>(() => wantedOf(people.presence(userId)))
  const [late, setLate] = useState(false)
  const { busy, failure, run } = useDeed()
  const change = (more: Partial<Wanted>) => {
    setLate(false)
    setWanted((before) => ({ ...before, ...more }))
  }

  async function set(event: Event): Promise<void> {
    event.preventDefault()
    if (!isAhead(wanted)) return setLate(true)
    if (await run(() => applied(client, userId, wanted))) say(t('status.done'))
  }

  async function clear(): Promise<void> {
    if (!(await run(() => cleared(client, userId)))) return
    setWanted(wantedOf(null))
    say(t('status.cleared'))
  }

  const hasActivity = wanted.availability !== 'online' && wanted.availability !== 'offline'
  return (
    <form class="status" onSubmit={(event) => void set(event)}>
      <Choice
        legend={t('status.availability')}
        words={CHOICES.availabilities}
        chosen={wanted.availability}
        told={(availability) => change({ availability })}
      >
        {(availability) => (
          <>
            <Dot availability={availability} />
            {t(availability)}
          </>
        )}
      </Choice>
      {hasActivity && (
        <Field label={t('status.activity')}>
          {(ids) => (
            <select
              {...ids}
              value={wanted.activity ?? ''}
              onChange={({ currentTarget }) => change({ activity: activityOf(currentTarget.value) })}
            >
              <option value="">{t('status.noActivity')}</option>
              {CHOICES.activities.map((activity) => (
                <option key={activity} value={activity}>
                  {t(activity)}
                </option>
              ))}
            </select>
          )}
        </Field>
      )}
      <div class="with-emoji">
        <EmojiPicker emoji={emoji} chosen={wanted.emoji} told={(name) => change({ emoji: name })} />
        <TextField
          label={t('status.note')}
          value={wanted.text}
          told={(text) => change({ text })}
          placeholder={t('status.notePlaceholder')}
          maxLength={255}
        />
      </div>
      <Choice legend={t('status.until')} words={SPANS} chosen={wanted.span} told={(span) => change({ span })}>
        {(span) => t(`until.${span}`)}
      </Choice>
      {wanted.span === 'time' && (
        <TextField label={t('until.at')} type="datetime-local" value={wanted.at} told={(at) => change({ at })} required />
      )}
      {wanted.availability === 'online' && wanted.span !== 'never' && <p class="hint">{t('status.untilHint')}</p>}
      {late && (
        <p class="failure" role="alert">
          {t('status.badTime')}
        </p>
      )}
      <FailureWords failure={failure} />
      <div class="row">
        <button type="submit" class="solid" disabled={busy}>
          {t('status.set')}
        </button>
        <button type="button" class="quiet" disabled={busy} onClick={() => void clear()}>
          {t('status.clear')}
        </button>
      </div>
    </form>
  )
}

const activityOf = (word: string): Activity | null => CHOICES.activities.find((activity) => activity === word) ?? null
