/**
 * Serves the pages of a folder, as any web server would.
 *   node examples/site.ts FOLDER [PORT]
 */
import { createReadStream } from 'node:fs'
import { createServer } from 'node:http'
import { basename, join } from 'node:path'

const [folder = '.', port = '8000'] = process.argv.slice(2)

const site = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://site')
  const page = createReadStream(join(folder, basename(pathname) || 'index.html'))
  page.on('error', () => response.writeHead(404).end('There is no such page.\n'))
  page.once('open', () => page.pipe(response.setHeader('Content-Type', 'text/html; charset=utf-8')))
})
site.listen(Number(port), '127.0.0.1', () => console.log(`serving ${folder} on http://127.0.0.1:${port}`))
