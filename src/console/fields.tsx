import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'

interface FieldParts {
  readonly label: string
  readonly hint?: string
  readonly children: (ids: { readonly id: string; readonly 'aria-describedby'?: string }) => ComponentChildren
}

/** A label with what it is for. */
export function Field({ label, hint, children }: FieldParts) {
  const id = useId()
  const hintId = `${id}-hint`
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, ...(hint !== undefined && { 'aria-describedby': hintId }) })}
      {hint !== undefined && (
        <p class="hint" id={hintId}>
          {hint}
        </p>
      )}
    </div>
  )
}

interface TextParts {
  readonly label: string
  readonly hint?: string
  readonly value: string
  readonly told: (value: string) => void
  readonly type?: 'text' | 'password' | 'email' | 'url' | 'number' | 'datetime-local'
  readonly autocomplete?: 'username' | 'current-password' | 'new-password' | 'off'
  readonly required?: boolean
  readonly placeholder?: string
  readonly maxLength?: number
}

export function TextField({
  label,
  hint,
  value,
  told,
  type = 'text',
  autocomplete = 'off',
  required = false,
  placeholder = '',
  maxLength,
}: TextParts) {
  // The library's types allow one kind of input at a time.
  const kind: object = { type, ...(maxLength !== undefined && { maxLength }) }
  return (
    <Field label={label} {...(hint !== undefined && { hint })}>
      {(ids) => (
        <input
          {...ids}
          {...kind}
          autocomplete={autocomplete}
          autoCapitalize="none"
          required={required}
          placeholder={placeholder}
          value={value}
          onInput={({ currentTarget }) => told(currentTarget.value)}
        />
      )}
    </Field>
  )
}

interface AreaParts {
  readonly label: string
  readonly hint?: string
  readonly value: string
  readonly told: (value: string) => void
}

/** Several, one a line. */
export function AreaField({ label, hint, value, told }: AreaParts) {
  return (
    <Field label={label} {...(hint !== undefined && { hint })}>
      {(ids) => <textarea {...ids} rows={2} value={value} onInput={({ currentTarget }) => told(currentTarget.value)} />}
    </Field>
  )
}

/** What an area has, without empty lines. */
export const linesOf = (text: string): readonly string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)

interface SwitchParts {
  readonly label: string
  readonly hint?: string
  readonly on: boolean
  readonly told: (on: boolean) => void
}

export function Switch({ label, hint, on, told }: SwitchParts) {
  const id = useId()
  return (
    <div class="switch">
      <input id={id} type="checkbox" checked={on} onChange={({ currentTarget }) => told(currentTarget.checked)} />
      <label for={id}>
        {label}
        {hint !== undefined && <span class="hint">{hint}</span>}
      </label>
    </div>
  )
}

interface ChoiceParts<Word extends string> {
  readonly legend: string
  readonly words: readonly Word[]
  readonly chosen: Word | null
  readonly told: (word: Word) => void
  readonly children: (word: Word) => ComponentChildren
}

/** One of few, all of them in sight. */
export function Choice<Word extends string>({ legend, words, chosen, told, children }: ChoiceParts<Word>) {
  const name = useId()
  return (
    <fieldset class="choice">
      <legend>{legend}</legend>
      <div class="options">
        {words.map((word) => (
          <label key={word}>
            <input type="radio" name={name} value={word} checked={word === chosen} onChange={() => told(word)} />
            <span>{children(word)}</span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}

interface ChecksParts<Word extends string> {
  readonly legend: string
  readonly hint?: string
  readonly words: readonly Word[]
  readonly chosen: readonly string[]
  readonly told: (chosen: readonly Word[]) => void
}

/** Any of several; they are called as the API calls them. */
export function Checks<Word extends string>({ legend, hint, words, chosen, told }: ChecksParts<Word>) {
  return (
    <fieldset>
      <legend>{legend}</legend>
      <div class="checks">
        {words.map((word) => (
          <Switch
            key={word}
            label={word}
            on={chosen.includes(word)}
            told={(on) => told(words.filter((one) => (one === word ? on : chosen.includes(one))))}
          />
        ))}
      </div>
      {hint !== undefined && <p class="hint">{hint}</p>}
    </fieldset>
  )
}
