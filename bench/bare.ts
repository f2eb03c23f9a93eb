import { createServer } from 'node:http'

/*
 * The baseline: node:http and nothing else. It is told on start what to answer, as one JSON argument:
 * `fixed` texts by path, and `batches`: by path, a map of objects out of which a POSTed list of ids is answered.
 */

interface Told {
  readonly fixed: Readonly<Record<string, { readonly type: string; readonly text: string }>>
  readonly batches: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

process.once('message', (told: Told) => {
  const batches = new Map(Object.entries(told.batches).map(([path, entries]) => [path, new Map(Object.entries(entries))]))
  const server = createServer((request, response) => {
    const path = request.url ?? '/'
    const fixed = told.fixed[path]
    if (fixed !== undefined) {
      response.writeHead(200, { 'Content-Type': fixed.type, 'Content-Length': Buffer.byteLength(fixed.text) })
      response.end(fixed.text)
      return
    }
    const entries = batches.get(path)
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const ids = JSON.parse(Buffer.concat(chunks).toString()) as string[]
      const text = JSON.stringify(ids.map((id) => entries?.get(id)))
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) })
      response.end(text)
    })
  })
  server.listen(0, '127.0.0.1', () => process.send?.(server.address()))
})
