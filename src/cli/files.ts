import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { Failure } from '../core/errors.ts'

/** What is in a file; `-` is standard input. Throws Failure in words when it cannot be opened. */
export async function readFrom(file: string): Promise<Readable> {
  if (file === '-') return process.stdin
  const stream = createReadStream(file)
  await once(stream, 'open').catch(refuse(file, 'read'))
  return stream
}

/** A file that is not there yet, for its owner alone. Throws Failure in words. */
export async function newFile(file: string): Promise<FileHandle> {
  return await open(file, 'wx', 0o600).catch(refuse(file, 'written'))
}

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EEXIST: 'it is there already; name another file',
  EACCES: 'you may not',
  EISDIR: 'it is a folder',
}

const refuse =
  (file: string, deed: string) =>
  ({ code = '', message }: NodeJS.ErrnoException): never => {
    throw new Failure('invalid', `${file} cannot be ${deed}: ${WORDS[code] ?? message}.`)
  }
