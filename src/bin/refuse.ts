import { Failure } from '../core/errors.ts'

/** Ends the process with code 1 and words on standard error; only a bug of ours shows its stack. */
export function refuse(error: unknown): never {
  process.stderr.write(`rollcall: ${wordsFor(error)}\n`)
  process.exit(1)
}

type SystemError = NodeJS.ErrnoException & { readonly address?: string; readonly port?: number }

function wordsFor(error: unknown): string {
  if (error instanceof Failure) return error.message
  if (!(error instanceof Error)) return String(error)
  const { code = '', syscall = '', port, address = '', path = '' } = error as SystemError
  if (code === 'EADDRINUSE')
    return `port ${port} of ${address} is taken by another process; set ROLLCALL_PORT to another, or to 0`
  if (syscall === 'listen')
    return `this user may not listen on port ${port} of ${address} (${code}); set ROLLCALL_PORT to another`
  if (syscall === 'getaddrinfo' || syscall === 'bind') return `there is no such host to listen on (${code}); set ROLLCALL_HOST`
  if (path !== '') return `${path} cannot be used (${code}); set ROLLCALL_STORE to a folder that this user may write to`
  return error.stack ?? error.message
}
