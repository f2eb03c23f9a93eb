import { readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { Server as SecureServer } from 'node:https'
import { createSecureContext } from 'node:tls'
import { Failure } from '../core/errors.ts'

/** Where certificate (with its chain) and key lie, in PEM. */
export interface TlsFiles {
  readonly cert: string
  readonly key: string
}

export interface Credentials {
  readonly cert: Buffer
  readonly key: Buffer
}

/** Throws Failure `invalid` for what cannot be read, is no certificate, or does not go together. */
export function readCredentials({ cert, key }: TlsFiles): Credentials {
  const credentials = { cert: read('ROLLCALL_TLS_CERT', cert), key: read('ROLLCALL_TLS_KEY', key) }
  try {
    createSecureContext(credentials)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Failure('invalid', `The certificate ${cert} and the key ${key} cannot be used together: ${why}.`, { cause: error })
  }
  return credentials
}

function read(variable: string, path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    throw new Failure('invalid', `${variable} names ${path}, which cannot be read (${code}).`, { field: variable, cause: error })
  }
}

/** On SIGHUP, new connections get what lies in the files by then; what is wrong with it is logged, and the old stays. */
export function renewOnHangup(
  server: Server,
  files: TlsFiles,
  log: { info(words: string): void; error(details: object, words: string): void },
): void {
  const renew = (): void => {
    try {
      if (server instanceof SecureServer) server.setSecureContext(readCredentials(files))
      log.info('certificate and key were read again')
    } catch (error) {
      log.error({ why: error instanceof Error ? error.message : error }, 'the certificate stays as it was')
    }
  }
  process.on('SIGHUP', renew)
  server.once('close', () => process.off('SIGHUP', renew))
}
