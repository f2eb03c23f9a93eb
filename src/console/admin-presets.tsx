import { useState } from 'preact/hooks'
import { CHOICES } from '../client/choices.ts'
import { Field, TextField } from './fields.tsx'
import { FailureWords, Sure, say, useDeed, useLoaded } from './parts.tsx'
import type { Preset } from './presets.ts'
import type { Session } from './session.ts'
import { t } from './words.ts'

/** The ready-made statuses of the workspace. */
export function PresetsPage({ session }: { readonly session: Session }) {
  const { client } = session
  const { thing, failure, reload } = useLoaded<readonly Preset[]>(
    async () => (await client.call('GET', '/v1/presets')).presets,
    [],
  )
  return (
    <>
      <p class="soft">{t('presets.hint')}</p>
      <FailureWords failure={failure} />
      {thing?.length === 0 && <p class="empty">{t('presets.none')}</p>}
      {thing?.map((preset) => (
        <PresetForm key={preset.id} session={session} preset={preset} changed={reload} />
      ))}
      <PresetForm session={session} preset={null} changed={reload} />
    </>
  )
}

interface FormParts {
  readonly session: Session
  /** Null: a new one. */
  readonly preset: Preset | null
  readonly changed: () => void
}

function PresetForm({ session: { client }, preset, changed }: FormParts) {
  const [name, setName] = useState(preset?.name ?? '')
  const [availability, setAvailability] = useState(preset?.availability ?? null)
  const { busy, failure, run } = useDeed()
  const path = preset === null ? '/v1/presets' : `/v1/presets/${encodeURIComponent(preset.id)}`

  async function save(event: Event): Promise<void> {
    event.preventDefault()
    await run(async () => {
      await client.call(preset === null ? 'POST' : 'PUT', path, { name, availability })
      if (preset === null) setName('')
      say(t('saved'))
      changed()
    })
  }

  async function remove(): Promise<void> {
    await client.call('DELETE', path)
    say(t('deleted'))
    changed()
  }

  return (
    <section class="card" aria-label={preset?.name ?? t('presets.new')}>
      {preset === null && <h2>{t('presets.new')}</h2>}
      <form class="row fields" onSubmit={(event) => void save(event)}>
        <TextField label={t('name')} value={name} told={setName} required maxLength={100} />
        <Field label={t('status.availability')}>
          {(ids) => (
            <select
              {...ids}
              value={availability ?? ''}
              onChange={({ currentTarget }) =>
                setAvailability(CHOICES.availabilities.find((one) => one === currentTarget.value) ?? null)
              }
            >
              <option value="">{t('presets.note')}</option>
              {CHOICES.availabilities.map((one) => (
                <option key={one} value={one}>
                  {t(one)}
                </option>
              ))}
            </select>
          )}
        </Field>
        <button type="submit" class={preset === null ? 'solid' : 'quiet'} disabled={busy}>
          {preset === null ? t('add') : t('save')}
        </button>
        {preset !== null && (
          <Sure question={t('presets.deleteSure', { name: preset.name })} verb={t('delete')} done={remove}>
            {t('delete')}
          </Sure>
        )}
      </form>
      <FailureWords failure={failure} />
    </section>
  )
}
