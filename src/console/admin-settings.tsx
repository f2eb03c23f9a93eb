import { useState } from 'preact/hooks'
import { AreaField, Field, linesOf, Switch, TextField } from './fields.tsx'
import { FailureWords, say, useDeed, useLoaded } from './parts.tsx'
import type { Session } from './session.ts'
import { SETTINGS, type SettingName, t } from './words.ts'

type Value = boolean | number | string | readonly string[]
type Values = Readonly<Record<string, Value>>

const HISTORIES = ['off', 'own', 'all'] as const

/** What the workspace decides; it holds at once. */
export function SettingsPage({ session: { administration } }: { readonly session: Session }) {
  const { thing, failure, reload } = useLoaded<Values>(async () => ({ ...(await administration.settings()) }), [])
  const [changed, setChanged] = useState<Values>({})
  const { busy, failure: refused, run } = useDeed()
  const names = Object.keys(changed)

  async function save(event: Event): Promise<void> {
    event.preventDefault()
    if (names.length === 0) return say(t('settings.nothing'))
    await run(async () => {
      await administration.changeSettings(changed)
      say(t('settings.changed', { count: names.length }))
      setChanged({})
      reload()
    })
  }

  if (thing === null) return failure === null ? <p>{t('loading')}</p> : <FailureWords failure={failure} />
  return (
    <form class="card" onSubmit={(event) => void save(event)}>
      {Object.entries({ ...thing, ...changed }).map(([name, value]) => (
        <div key={name} class="setting">
          <Setting name={name} value={value} told={(told) => setChanged({ ...changed, [name]: told })} />
        </div>
      ))}
      <FailureWords failure={refused} />
      <div class="row">
        <button type="submit" class="solid" disabled={busy}>
          {t('save')}
        </button>
      </div>
    </form>
  )
}

interface SettingParts {
  readonly name: string
  readonly value: Value
  readonly told: (value: Value) => void
}

/** A setting that this page does not know yet is called by its name in the API. */
function Setting({ name, value, told }: SettingParts) {
  const known = Object.hasOwn(SETTINGS, name)
  const label = known ? t(SETTINGS[name as SettingName]) : name
  const hint = known ? { hint: name } : {}
  if (typeof value === 'boolean') return <Switch label={label} {...hint} on={value} told={told} />
  if (typeof value === 'number')
    return (
      <div class="short">
        <TextField label={label} {...hint} type="number" value={String(value)} told={(text) => told(Number(text))} required />
      </div>
    )
  if (typeof value !== 'string')
    return <AreaField label={label} {...hint} value={value.join('\n')} told={(text) => told(linesOf(text))} />
  return (
    <div class="short">
      <Field label={label} {...hint}>
        {(ids) => (
          <select {...ids} value={value} onChange={({ currentTarget }) => told(currentTarget.value)}>
            {HISTORIES.map((word) => (
              <option key={word} value={word}>
                {t(`history.${word}`)}
              </option>
            ))}
          </select>
        )}
      </Field>
    </div>
  )
}
