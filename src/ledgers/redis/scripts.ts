import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Reply, Talk, Word } from './talk.ts'
import { isUnknownScript } from './words.ts'

/** Runs one of the scripts beside this file, which Redis keeps under its digest. */
export type Script = (keys: readonly [string, ...string[]], parameters: readonly Word[]) => Promise<Reply>

export interface Scripts {
  readonly commit: Script
  readonly erase: Script
  readonly picture: Script
  readonly renew: Script
  readonly settle: Script
}

export async function readScripts(talk: Talk): Promise<Scripts> {
  const [commit, erase, picture, renew, settle] = await Promise.all([
    readScript(talk, 'commit'),
    readScript(talk, 'erase'),
    readScript(talk, 'picture'),
    readScript(talk, 'renew'),
    readScript(talk, 'settle'),
  ])
  return { commit, erase, picture, renew, settle }
}

async function readScript(talk: Talk, name: keyof Scripts): Promise<Script> {
  const text = await readFile(join(import.meta.dirname, `${name}.lua`), 'utf8')
  const digest = createHash('sha1').update(text).digest('hex')
  return async (keys, parameters) => {
    const rest = [String(keys.length), ...keys, ...parameters]
    try {
      return await talk.send(keys[0], ['EVALSHA', digest, ...rest])
    } catch (error) {
      if (!isUnknownScript(error)) throw error
      return talk.send(keys[0], ['EVAL', text, ...rest])
    }
  }
}
