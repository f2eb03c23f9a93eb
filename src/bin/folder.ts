import { mkdir } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

/** Makes the folder of a `file:` store, and those above it, one by one: Node's own recursion never ends where none can be made (/proc). */
export async function makeFolder(store: string): Promise<void> {
  if (store.startsWith('file:')) await make(resolve(store.slice('file:'.length)))
}

async function make(folder: string): Promise<void> {
  const error = await failureOf(folder)
  if (error?.code === 'ENOENT' && dirname(folder) !== folder) {
    await make(dirname(folder))
    const again = await failureOf(folder)
    if (again !== null) throw again
  } else if (error !== null && error.code !== 'EEXIST') throw error
}

async function failureOf(folder: string): Promise<NodeJS.ErrnoException | null> {
  return mkdir(folder, { mode: 0o700 }).then(
    () => null,
    (error: NodeJS.ErrnoException) => error,
  )
}
