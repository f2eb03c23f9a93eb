import { Failure } from '../core/errors.ts'

/** Ends the process with code 1 and words on standard error; only a bug of ours shows its stack. */
export function refuse(error: unknown): never {
  process.stderr.write(`rollcall: ${wordsFor(error)}\n`)
  process.exit(1)
}

function wordsFor(error: unknown): string {
  if (error instanceof Failure) return error.message
  if (!(error instanceof Error)) return String(error)
  const { code, address, port, path } = error as NodeJS.ErrnoException & { address?: string; port?: number }
  switch (code) {
    case 'EADDRINUSE':
      return `port ${port} of ${address} is taken by another process; choose another with ROLLCALL_PORT, or 0 for any free one`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `this machine cannot listen on ${address ?? 'that address'}; choose another with ROLLCALL_HOST`
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'ENOTDIR':
    case 'ENOSPC':
    case 'EEXIST':
      if (port !== undefined) return `this user may not listen on port ${port}; choose another with ROLLCALL_PORT`
      return `the store ${path ?? ''} cannot be written (${code}); choose another with ROLLCALL_STORE`
    default:
      return `${error.stack ?? error.message}`
  }
}
