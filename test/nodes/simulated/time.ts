import { AsyncLocalStorage } from 'node:async_hooks'
import type { Chance } from '../../simulation/chance.ts'

/** One run of a process, as timers see it: stopped, what is due waits; dead, it never comes. */
export interface Life {
  state: 'running' | 'stopped' | 'dead'
  readonly due: Due[]
}

/** Several processes' time in one: it passes when it is told to, and what is due comes in one order that the seed decides. */
export interface Time {
  now(): number
  /** Calls later, as a part of the process; without one, on the way between them. */
  after(ms: number, call: () => void, life?: Life | null): void
  /** What is called, and all that it begins, belongs to the process. */
  within<Answer>(life: Life, call: () => Answer): Answer
  pass(ms: number): Promise<void>
  /** A stopped process goes on, with what was due meanwhile first. */
  resume(life: Life): void
  stop(): void
}

interface Due {
  readonly at: number
  readonly call: () => void
  readonly life: Life | null
  isCancelled: boolean
}

const realImmediate = globalThis.setImmediate
const settled = (): Promise<void> => new Promise((resolve) => realImmediate(resolve))

export const newLife = (): Life => ({ state: 'running', due: [] })

/** Takes the place of this process's timers, clocks and chance until it is stopped. */
export function startTime(start: number, chance: Chance): Time {
  const lives = new AsyncLocalStorage<Life>()
  const queue: Due[] = []
  let now = start

  function add(ms: number, call: () => void, life: Life | null): Due {
    const due = { at: now + Math.max(0, Math.trunc(ms) || 0), call, life, isCancelled: false }
    let place = queue.length
    while (place > 0 && (queue[place - 1]?.at ?? 0) > due.at) place--
    queue.splice(place, 0, due)
    return due
  }

  function call(due: Due): void {
    if (due.isCancelled || due.life?.state === 'dead') return
    if (due.life?.state === 'stopped') due.life.due.push(due)
    else if (due.life === null) due.call()
    else lives.run(due.life, due.call)
  }

  function timer(ms: number, callback: (...words: unknown[]) => void, words: unknown[]) {
    const due = add(ms, () => callback(...words), lives.getStore() ?? null)
    const handle = { due, unref: () => handle, ref: () => handle, hasRef: () => false }
    return handle
  }

  const cancel = (handle?: { due?: Due }): void => {
    if (handle?.due !== undefined) handle.due.isCancelled = true
  }
  const restore = replace({
    setTimeout: (callback: () => void, ms = 0, ...words: unknown[]) => timer(ms, callback, words),
    setImmediate: (callback: () => void, ...words: unknown[]) => timer(0, callback, words),
    clearTimeout: cancel,
    clearImmediate: cancel,
  })
  const [dateNow, performanceNow, random] = [Date.now, performance.now, Math.random]
  Date.now = () => now
  performance.now = () => now - start
  Math.random = () => chance.below(2 ** 30) / 2 ** 30

  return {
    now: () => now,
    after: (ms, later, life = null) => void add(ms, later, life),
    within: (life, later) => lives.run(life, later),
    async pass(ms) {
      const end = now + ms
      await settled()
      for (let due = queue[0]; due !== undefined && due.at <= end; due = queue[0]) {
        queue.shift()
        now = Math.max(now, due.at)
        call(due)
        await settled()
      }
      now = end
    },
    resume(life) {
      life.state = 'running'
      for (const due of life.due.splice(0)) add(0, due.call, life).isCancelled = due.isCancelled
    },
    stop() {
      restore()
      Object.assign(Date, { now: dateNow })
      performance.now = performanceNow
      Math.random = random
    },
  }
}

/** Answers how to put back what was there. */
function replace(others: Readonly<Record<string, unknown>>): () => void {
  const before = Object.fromEntries(Object.keys(others).map((name) => [name, Reflect.get(globalThis, name)]))
  Object.assign(globalThis, others)
  return () => void Object.assign(globalThis, before)
}
