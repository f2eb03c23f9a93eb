import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from 'pino'
import { isRedis, openLedger } from '../ledgers/open.ts'
import { createLedgerHost, type LedgerHost } from '../ledgers/shared/host.ts'
import { mergeTexts } from '../metrics/merge.ts'
import { measureProcess } from '../metrics/process.ts'
import { createRegistry } from '../metrics/registry.ts'
import type { Config } from './config.ts'
import { createEnding } from './ending.ts'
import { makeFolder } from './folder.ts'
import { openHandover } from './handover.ts'
import { assertFree } from './listen.ts'
import { createLog } from './log.ts'
import { nodeNameOf } from './nodes.ts'
import { placeAlone, type ReadyWords, sayReady } from './place.ts'
import { VERSION } from './version.ts'
import { startWorker, type Worker } from './worker-process.ts'
import type { WorkerStart } from './worker-start.ts'

/** How long before a worker that ended is started again, in ms: doubled each time, up to a bound, until one lasts. */
const [RETRY_MS, RETRY_MS_MAX, LASTING_MS] = [200, 10_000, 60_000]
/** Starts of a worker, one after another, that may come to nothing while no other serves; all ends then. */
const VAIN_STARTS_MAX = 5
/** How long workers of before may take to let go of their port, in ms, and how often it is looked at. */
const [FREED_MS, FREED_LOOK_MS] = [1_000, 100]
/** How long a worker may take to tell what is measured of it, in ms; it is left out then. */
const MEASURED_MS = 2_000
/** Systems that spread the connections of one port over all processes that listen on it. */
const SPREADING: readonly string[] = ['linux', 'freebsd', 'dragonfly', 'sunos', 'aix']

/** Serves by one process or by several, until it is asked to end. `spreads`: whether the system spreads connections itself. */
export async function serveAll(config: Config, spreads = SPREADING.includes(process.platform)): Promise<void> {
  if (config.workers > 1) return serveByWorkers(config, spreads)
  const { serve } = await import('./serve.ts')
  return serve(config, placeAlone(config))
}

/** This process has the store, and nobody else; the workers serve, and are started again when they end. */
async function serveByWorkers(config: Config, spreads: boolean): Promise<void> {
  const ending = createEnding()
  const stopped = new AbortController()
  await using stack = new AsyncDisposableStack()
  const log = createLog({ form: config.log, level: config.logLevel, worker: 0 })
  const host = isRedis(config.store) ? null : await holdStore(stack, config, log)
  const handover = spreads ? null : await openHandover(config)
  if (handover !== null) stack.defer(handover.stop)
  else if (config.port !== 0) await untilFree(config)
  const registry = createRegistry()
  stack.defer(measureProcess(registry))
  const name = config.node ?? (isRedis(config.store) ? nodeNameOf(config) : 'worker')

  const working = new Map<number, Worker>()
  const first: ReadyWords[] = []
  const readyOrNot = Promise.withResolvers<'ready' | 'refused'>()
  const port = Promise.withResolvers<number>()
  let url: string | null = null

  async function keep(number: number): Promise<void> {
    for (let [tries, vain] = [0, 0]; ; tries++) {
      const startedAt = performance.now()
      const worker = begin(number, tries > 0)
      working.set(number, worker)
      const { how, served } = await worker.ended
      working.delete(number)
      if (stopped.signal.aborted || ending.isAsked) return
      // What hinders one from starting the first time has been told by it.
      if (first.length < config.workers) return readyOrNot.resolve('refused')
      if (performance.now() - startedAt > LASTING_MS) tries = 0
      vain = served ? 0 : vain + 1
      if (vain >= VAIN_STARTS_MAX && !isServed()) {
        log.error(`worker ${number} ended (${how}) ${vain} times before it served, and no other serves: all of it ends`)
        return ending.ask('nobody serves')
      }
      const inMs = Math.min(RETRY_MS * 2 ** tries, RETRY_MS_MAX)
      // Words alone: they are told each time.
      log.warn(`worker ${number} ended (${how}); it is started again in ${inMs} ms`)
      await wait(inMs, null, { signal: stopped.signal }).catch(() => {})
      if (stopped.signal.aborted) return
    }
  }

  const isServed = (): boolean => [...working.values()].some(({ serves }) => serves())

  function begin(number: number, isSuccessor: boolean): Worker {
    const othersServe = isServed()
    const startOn = (shared: number): WorkerStart => ({
      config: { ...config, port: shared, node: `${name}-${number}` },
      worker: number,
      listensEarly: number === 1 && !othersServe,
      // Nobody but the workers from here uses a store that is held here; elsewhere the one before had it.
      isNameFree: host !== null || isSuccessor,
      isHanded: handover !== null,
      version: VERSION,
    })
    // The first may find any free port, which all others then share; they begin to be loaded as programs meanwhile.
    const start = number === 1 && url === null ? Promise.resolve(config.port) : port.promise
    return startWorker(start.then(startOn), { host, handover, measure, onListening, onReady })
  }

  function onListening(heard: string): void {
    url ??= heard
    port.resolve(Number(new URL(heard).port) || config.port)
  }

  function onReady(words: ReadyWords): void {
    if (first.push(words) === config.workers) readyOrNot.resolve('ready')
  }

  async function measure(): Promise<string> {
    const texts = new Map([['0', registry.text()]])
    const asked = [...working].map(async ([number, worker]) => {
      const late = wait(MEASURED_MS, null, { ref: false })
      const text = await Promise.race([worker.measured().catch(() => null), late])
      if (text !== null) texts.set(String(number), text)
    })
    await Promise.all(asked)
    return mergeTexts(texts)
  }

  const kept: Promise<void>[] = []
  stack.defer(async () => {
    stopped.abort()
    for (const worker of working.values()) worker.end()
    await Promise.all(kept)
  })
  const renew = (): void => {
    for (const worker of working.values()) worker.renew()
  }
  if (config.tls !== null) process.on('SIGHUP', renew)

  for (let number = 1; number <= config.workers; number++) kept.push(keep(number))
  const outcome = await Promise.race([readyOrNot.promise, ending.asked])
  if (outcome === 'ready') {
    const administrator = first.find((words) => words.administrator !== null)?.administrator ?? null
    sayReady({ url: url ?? '', administrator }, config)
    const why = await ending.asked
    log.info({ why }, 'ending')
    if (why === 'nobody serves') process.exitCode = 1
  } else if (outcome === 'refused') process.exitCode = 1
}

async function holdStore(stack: AsyncDisposableStack, config: Config, log: Logger): Promise<LedgerHost> {
  await makeFolder(config.store)
  const ledger = stack.adopt(await openLedger(config.store, { log }), (made) => made.close())
  return stack.adopt(await createLedgerHost(ledger), (made) => made.stop())
}

/** Throws, as listening would, when another process keeps the port: those that share one do not hear of it. */
async function untilFree(config: Config): Promise<void> {
  for (const end = performance.now() + FREED_MS; ; await wait(FREED_LOOK_MS)) {
    try {
      return await assertFree(config)
    } catch (error) {
      if (performance.now() > end || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    }
  }
}
