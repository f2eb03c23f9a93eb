import { type Counter, createCounter, createHistogram, type Histogram, type Sample, type Told } from './numbers.ts'

/** Series of one name; what has yet another label is counted as `other`, so that nobody can fill the memory of those who read. */
export const SERIES_MAX = 2_000

/** Label names and values. Values come from a closed list: routes, dialects, reasons, never from what a client sent. */
export type Labels = Readonly<Record<string, string>>

/** A gauge or a counter that is read when somebody asks. */
export interface Reading {
  readonly labels?: Labels
  readonly value: number
}

/** Everything that is measured, as Prometheus reads it. Names are whole; a name is given once. */
export interface Registry {
  counter(name: string, help: string): (labels?: Labels) => Counter
  histogram(name: string, help: string, bounds: readonly number[]): (labels?: Labels) => Histogram
  gauge(name: string, help: string, read: () => number | Iterable<Reading>): void
  /** A counter that somebody else keeps. */
  total(name: string, help: string, read: () => number | Iterable<Reading>): void
  /** Text exposition format 0.0.4. */
  text(): string
}

type Kind = 'counter' | 'gauge' | 'histogram'

interface Family {
  readonly name: string
  readonly help: string
  readonly kind: Kind
  readonly lines: () => Iterable<string>
}

export function createRegistry(): Registry {
  const families = new Map<string, Family>()

  function add(family: Family): void {
    if (families.has(family.name)) throw new Error(`${family.name} is measured twice`)
    families.set(family.name, family)
  }

  function kept<Made>(name: string, help: string, kind: Kind, make: () => Told<Made>): (labels?: Labels) => Made {
    const series = new Map<string, Told<Made>>()
    add({ name, help, kind, lines: () => [...series].flatMap(([labels, told]) => linesOf(name, labels, told.samples())) })
    return (labels = {}) => {
      const wanted = labelsOf(labels)
      const key = series.has(wanted) || series.size < SERIES_MAX ? wanted : labelsOf(others(labels))
      const known = series.get(key) ?? make()
      series.set(key, known)
      return known
    }
  }

  function read(name: string, help: string, kind: Kind, asked: () => number | Iterable<Reading>): void {
    const lines = (): string[] => {
      const answer = asked()
      const readings = typeof answer === 'number' ? [{ value: answer }] : [...answer]
      return readings.map(({ labels = {}, value }) => line(name, labelsOf(labels), value))
    }
    add({ name, help, kind, lines })
  }

  return {
    counter: (name, help) => kept(name, help, 'counter', createCounter),
    histogram: (name, help, bounds) => kept(name, help, 'histogram', () => createHistogram(bounds)),
    gauge: (name, help, asked) => read(name, help, 'gauge', asked),
    total: (name, help, asked) => read(name, help, 'counter', asked),
    text: () => [...families.values()].map(textOf).join(''),
  }
}

function textOf({ name, help, kind, lines }: Family): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n${[...lines()].map((text) => `${text}\n`).join('')}`
}

function linesOf(name: string, labels: string, samples: readonly Sample[]): string[] {
  return samples.map(({ suffix, bound, value }) =>
    line(name + suffix, bound === undefined ? labels : joined(labels, `le="${bound}"`), value),
  )
}

const line = (name: string, labels: string, value: number): string => `${name}${labels === '' ? '' : `{${labels}}`} ${value}`

const joined = (labels: string, more: string): string => (labels === '' ? more : `${labels},${more}`)

const labelsOf = (labels: Labels): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}="${value.replace(/[\\"\n]/g, (found) => ESCAPED[found] ?? found)}"`)
    .join(',')

const ESCAPED: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' }

const others = (labels: Labels): Labels => Object.fromEntries(Object.keys(labels).map((name) => [name, 'other']))
