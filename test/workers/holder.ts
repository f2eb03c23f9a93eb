import { Socket } from 'node:net'
import type { Ledger } from '../../src/core/ports.ts'
import { openEmbeddedLedger } from '../../src/ledgers/embedded/ledger.ts'
import { createMemoryLedger } from '../../src/ledgers/memory.ts'
import { createChannel } from '../../src/ledgers/shared/channel.ts'
import { createLedgerHost } from '../../src/ledgers/shared/host.ts'
import { everyFault, withFaults } from '../contracts/faulty.ts'

/* A process that holds a store and shares it with the one that started it: `node holder.ts FOLDER|memory: [faulty]`. */

const [, , store = '', how] = process.argv
const factsPartitions = 2
const opened: Ledger =
  store === 'memory:' ? createMemoryLedger({ factsPartitions }) : await openEmbeddedLedger({ folder: store, factsPartitions })
const ledger = how === 'faulty' ? withFaults(opened, everyFault()) : opened
const host = await createLedgerHost(ledger)
const channel = createChannel(new Socket({ fd: 3 }))
host.admit(channel)
channel.onClosed(() => {
  host.stop()
  void ledger.close()
})
