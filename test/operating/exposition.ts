/** What `/metrics` says, read as Prometheus reads it. Throws where the text is not as it must be. */
export interface Exposition {
  /** By name: what kind it is. */
  readonly types: ReadonlyMap<string, string>
  readonly samples: readonly Sample[]
  /** The sum of all samples of that name which have these labels. */
  sum(name: string, labels?: Readonly<Record<string, string>>): number
}

export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*'
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (\\S+)$`)
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\.)*)"(?:,|$)/y

export function readExposition(text: string): Exposition {
  if (!text.endsWith('\n')) throw new Error('the last line does not end')
  const types = new Map<string, string>()
  const samples: Sample[] = []
  let current = ''
  for (const line of text.slice(0, -1).split('\n')) {
    const [, said, name = '', kind = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? []
    if (said === 'HELP') {
      if (types.has(name)) throw new Error(`${name} comes twice`)
      current = name
    } else if (said === 'TYPE') {
      if (name !== current) throw new Error(`${name} has no help`)
      types.set(name, kind)
    } else samples.push(sampleOf(line, current))
  }
  return {
    types,
    samples,
    sum: (name, labels = {}) =>
      samples
        .filter((sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value))
        .reduce((sum, { value }) => sum + value, 0),
  }
}

function sampleOf(line: string, family: string): Sample {
  const [, name = '', inside = '', value = ''] = SAMPLE.exec(line) ?? []
  if (name.replace(/_(bucket|sum|count)$/, '') !== family && name !== family) throw new Error(`"${line}" stands under ${family}`)
  if (Number.isNaN(Number(value))) throw new Error(`"${line}" is no number`)
  const labels: Record<string, string> = {}
  LABEL.lastIndex = 0
  for (let at = 0; at < inside.length; at = LABEL.lastIndex) {
    const [, key = '', text = ''] = LABEL.exec(inside) ?? []
    if (key === '') throw new Error(`the labels of "${line}"`)
    labels[key] = text
  }
  return { name, labels, value: Number(value) }
}
