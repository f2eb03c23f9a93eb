/** Texts of several processes as one: each name once, and each sample with the label `worker`, by which the texts are given. */
export function mergeTexts(texts: ReadonlyMap<string, string>): string {
  const families = new Map<string, { readonly head: string[]; readonly samples: string[] }>()
  for (const [worker, text] of texts) {
    let samples: string[] = []
    for (const line of text.split('\n')) {
      const [, comment, name = ''] = HEAD.exec(line) ?? []
      if (comment !== undefined) {
        const family = families.get(name) ?? { head: [], samples: [] }
        families.set(name, family)
        if (!family.head.includes(line)) family.head.push(line)
        samples = family.samples
      } else if (line !== '') samples.push(labelled(line, worker))
    }
  }
  return `${[...families.values()].flatMap(({ head, samples }) => [...head, ...samples]).join('\n')}\n`
}

const HEAD = /^# (HELP|TYPE) (\S+)/

/** `name{labels} value` or `name value`. */
function labelled(sample: string, worker: string): string {
  const [name = ''] = /^\w+/.exec(sample) ?? []
  const rest = sample.slice(name.length)
  return rest.startsWith('{') ? `${name}{worker="${worker}",${rest.slice(1)}` : `${name}{worker="${worker}"}${rest}`
}
