import { readdirSync, readFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Registry } from './registry.ts'

const NANO = 1e9
const MICRO = 1e6
/** How often the event loop is looked at, in ms. */
const LOOK_MS = 20

/** Of the process and its event loop, under the names that everybody uses. Answers how to stop looking. */
export function measureProcess(registry: Registry): () => void {
  const delay = monitorEventLoopDelay({ resolution: LOOK_MS })
  delay.enable()
  const cpu = (read: (usage: NodeJS.CpuUsage) => number) => () => read(process.cpuUsage()) / MICRO
  registry.total(
    'process_cpu_user_seconds_total',
    'CPU time in user mode.',
    cpu(({ user }) => user),
  )
  registry.total(
    'process_cpu_system_seconds_total',
    'CPU time in the kernel.',
    cpu(({ system }) => system),
  )
  registry.total(
    'process_cpu_seconds_total',
    'CPU time in all.',
    cpu(({ user, system }) => user + system),
  )
  registry.gauge('process_start_time_seconds', 'When the process began, in Unix time.', () => performance.timeOrigin / 1_000)
  registry.gauge('process_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss())
  registry.gauge('process_open_fds', 'Open file descriptors.', openFiles)
  registry.gauge('process_max_fds', 'File descriptors that may be open.', filesMax)
  const heap = (read: (usage: NodeJS.MemoryUsage) => number) => () => read(process.memoryUsage())
  registry.gauge(
    'nodejs_heap_size_total_bytes',
    'Heap that is reserved.',
    heap(({ heapTotal }) => heapTotal),
  )
  registry.gauge(
    'nodejs_heap_size_used_bytes',
    'Heap that is used.',
    heap(({ heapUsed }) => heapUsed),
  )
  registry.gauge(
    'nodejs_external_memory_bytes',
    'Memory outside of the heap.',
    heap(({ external }) => external),
  )
  registry.gauge('nodejs_version_info', 'The Node that it runs on.', () => [{ labels: { version: process.version }, value: 1 }])
  // How much later than it should the loop came around, since the last time that somebody asked.
  const late = (nanoseconds: number): number => Math.max(0, nanoseconds / NANO - LOOK_MS / 1_000) || 0
  registry.gauge('nodejs_eventloop_lag_p50_seconds', 'Delay of the event loop, median since the last look.', () =>
    late(delay.percentile(50)),
  )
  registry.gauge('nodejs_eventloop_lag_p99_seconds', 'Delay of the event loop, 99th percentile since the last look.', () =>
    late(delay.percentile(99)),
  )
  registry.gauge('nodejs_eventloop_lag_max_seconds', 'Delay of the event loop, the longest since the last look.', () => {
    const longest = late(delay.max)
    delay.reset()
    return longest
  })
  registry.total(
    'nodejs_eventloop_active_seconds_total',
    'Time that the event loop was not idle.',
    () => performance.eventLoopUtilization().active / 1_000,
  )
  return () => delay.disable()
}

/** Linux tells; elsewhere there is nothing to read. */
const openFiles = (): number | [] => attempt(() => readdirSync('/proc/self/fd').length)

const filesMax = (): number | [] =>
  attempt(() => Number(/^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? Number.NaN))

function attempt(read: () => number): number | [] {
  try {
    const value = read()
    return Number.isNaN(value) ? [] : value
  } catch {
    return []
  }
}
