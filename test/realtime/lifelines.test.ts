import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createAdmission } from '../../src/realtime/admission.ts'
import { type Care, createLifelines, heard, type Lifeline } from '../../src/realtime/lifelines.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => void vi.useRealTimers())

function careOf(told: string[], waiting: () => number = () => 0, handed: () => number = () => 0): Care<null> {
  return {
    handedBytes: handed,
    waitingBytes: waiting,
    ping: () => void told.push('ping'),
    dead: () => void told.push('dead'),
    slow: () => void told.push('slow'),
    rested: () => void told.push('rested'),
  }
}

test('[W5] a silent peer is pinged after a minute, and given up when it does not answer; one that answers never is', async () => {
  const lifelines = createLifelines()
  const [dead, living]: [string[], string[]] = [[], []]
  lifelines.add(careOf(dead), null)
  const line: Lifeline = lifelines.add({ ...careOf(living), ping: () => heard(line) }, null)
  await vi.advanceTimersByTimeAsync(39_000)
  expect(dead).toEqual([])
  await vi.advanceTimersByTimeAsync(21_000)
  expect(dead).toEqual(['ping'])
  await vi.advanceTimersByTimeAsync(39_000)
  expect(dead).not.toContain('dead')
  await vi.advanceTimersByTimeAsync(21_000)
  expect(dead).toContain('dead')
  expect(living).toEqual([])
  lifelines.stop()
})

test('[W3] a reader that takes nothing for 20 s is given up, a slow one that goes on reading is not', async () => {
  const lifelines = createLifelines()
  const [stopped, slow]: [string[], string[]] = [[], []]
  let taken = 0
  lifelines.untaken(
    lifelines.add(
      careOf(stopped, () => 100),
      null,
    ),
  )
  const goingOn = careOf(
    slow,
    () => 100,
    () => ++taken,
  )
  lifelines.untaken(lifelines.add(goingOn, null))
  await vi.advanceTimersByTimeAsync(19_000)
  expect([stopped, slow]).toEqual([[], []])
  await vi.advanceTimersByTimeAsync(2_000)
  expect(stopped).toContain('slow')
  expect(slow).toEqual([])
  lifelines.stop()
})

test('[W6] beyond the bounds, and while the process is late, who comes is asked to come back, spread over the next seconds', async () => {
  const asked = [0, 0.5, 1].map((chance) => {
    const admission = createAdmission({ random: () => chance, connectionsMax: 10, strangersMax: 5 })
    const answers = [admission.turnAway(9, 4), admission.turnAway(10, 0), admission.turnAway(0, 5)]
    admission.stop()
    return answers
  })
  expect(asked).toEqual([
    [null, 1, 1],
    [null, 3, 3],
    [null, 5, 5],
  ])
})

test('[W6] a process that is late again and again says so, for those whom it does not even hear', async () => {
  let late = 0
  const admission = createAdmission({ random: () => 0, onLate: () => void late++ })
  let at = performance.now()
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => at)
  const look = async (lateMs: number): Promise<void> => {
    at += 100 + lateMs
    await vi.advanceTimersByTimeAsync(100)
  }
  for (const lateMs of [0, 300, 300, 0, 300, 300]) await look(lateMs)
  expect(late).toBe(0)
  await look(300)
  expect([late, admission.turnAway(0, 0)]).toEqual([1, 1])
  clock.mockRestore()
  admission.stop()
})
