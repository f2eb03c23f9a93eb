import type { CDPSession } from 'playwright-core'
import { openBrowser } from '../test/chromium.ts'
import { startServer } from '../test/server.ts'

const PEOPLE = 5_000
const CHANGES_PER_SECOND = 100
const SECONDS = Number(process.argv[2] ?? 60)
const WORDS = ['online', 'away', 'busy', 'dnd'] as const

/** What the board costs a browser: main-thread work for each frame, and memory, while 100 of 5,000 people change each second. */
async function measure(): Promise<void> {
  await using server = await startServer({ store: 'memory:' })
  const lines = Array.from({ length: PEOPLE }, (_, at) => JSON.stringify({ username: `person${at}`, name: `Person ${at}` }))
  const headers = { Authorization: `Bearer ${server.adminToken}`, 'Content-Type': 'application/x-ndjson' }
  await (await server.request('/v1/users:import', { method: 'POST', headers, body: lines.join('\n') })).text()
  const browser = await openBrowser()
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  await page.goto(server.url)
  await page.evaluate(`sessionStorage.setItem('rollcall-token', ${JSON.stringify(server.adminToken)})`)
  await page.reload()
  await page.getByText(/^5,?001 people$/).waitFor()
  await page.evaluate(`frames = 0; (function count() { frames++; requestAnimationFrame(count) })()`)
  const client = await page.context().newCDPSession(page)
  await client.send('Performance.enable')
  const changing = change(server)
  await look(client, page)
  const first = await look(client, page, true)
  const steps: number[] = []
  for (let step = 0; step < SECONDS; step++) {
    const before = await look(client, page)
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    const after = await look(client, page)
    steps.push(((after.work - before.work) * 1_000) / (after.frames - before.frames))
  }
  const last = await look(client, page, true)
  changing.stop()
  const sorted = steps.toSorted((one, other) => one - other)
  const at = (part: number): string => (sorted[Math.floor(part * (sorted.length - 1))] ?? 0).toFixed(2)
  const mebi = (bytes: number): string => (bytes / 2 ** 20).toFixed(1)
  process.stdout.write(
    `${PEOPLE} people, ${(changing.done() / SECONDS).toFixed(0)} changes/s for ${SECONDS} s, ${((last.frames - first.frames) / SECONDS).toFixed(0)} frames/s\n` +
      `work of the main thread per frame: median ${at(0.5)} ms, 90 % ${at(0.9)} ms, most ${at(1)} ms (each the mean of one second)\n` +
      `heap after collection: ${mebi(first.heap)} MiB, then ${mebi(last.heap)} MiB\n`,
  )
  await browser.close()
}

type Page = Awaited<ReturnType<Awaited<ReturnType<typeof openBrowser>>['newPage']>>

async function look(client: CDPSession, page: Page, collect = false) {
  if (collect) await client.send('HeapProfiler.collectGarbage')
  const { metrics } = await client.send('Performance.getMetrics')
  const of = (name: string): number => metrics.find((metric) => metric.name === name)?.value ?? 0
  return { work: of('TaskDuration'), heap: of('JSHeapUsedSize'), frames: await page.evaluate<number>('frames') }
}

/** Sets one person after the other, so many each second. */
function change({ call, adminToken }: Awaited<ReturnType<typeof startServer>>) {
  let count = 0
  const timer = setInterval(() => {
    const at = count++
    const body = { availability: WORDS[(at + Math.floor(at / PEOPLE)) % WORDS.length] }
    call('PUT', `/v1/presence/person${(at * 7) % PEOPLE}/availability`, adminToken, body).catch(() => undefined)
  }, 1_000 / CHANGES_PER_SECOND)
  return { done: () => count, stop: () => clearInterval(timer) }
}

await measure()
