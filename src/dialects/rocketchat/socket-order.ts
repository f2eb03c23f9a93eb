/** What may wait for its turn on one connection, in characters; a client that sends more at once is cut. */
const WAITING_LENGTH_MAX = 1_048_576

/** Works through what a client sends in the order in which it came: what follows a login knows who logged in. */
export interface InOrder<Message> {
  /** `length`: characters of the message. False: too much waits, nothing more is taken. */
  take(message: Message, length: number): boolean
  stop(): void
}

/** `work` answers null when it is done already; `failed` gets what its promise throws. */
export function createInOrder<Message>(
  work: (message: Message) => Promise<void> | null,
  failed: (error: unknown) => void,
): InOrder<Message> {
  let waiting: { readonly message: Message; readonly length: number }[] = []
  let waitingLength = 0
  let busy = false

  function start(message: Message): void {
    const working = work(message)
    if (working === null) return
    busy = true
    working.catch(failed).then(goOn, failed)
  }

  function goOn(): void {
    busy = false
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      waitingLength -= next.length
      start(next.message)
      if (busy) return
    }
  }

  return {
    take(message, length) {
      if (!busy) {
        start(message)
        return true
      }
      waitingLength += length
      if (waitingLength > WAITING_LENGTH_MAX) return false
      waiting.push({ message, length })
      return true
    },
    stop() {
      waiting = []
    },
  }
}
