import { readConfig } from '../../src/bin/config.ts'
import { serveAll } from '../../src/bin/workers.ts'

/* `rollcall serve`, as on a system that does not spread the connections of one port over several processes. */
await serveAll(readConfig(process.env), false)
