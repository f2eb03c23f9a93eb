/** The oldest Node that runs all of it, as in `engines` of package.json. */
export const NODE_MAJOR_MIN = 24

/** What is wrong with a Node like "20.20.2", in words; null: nothing. */
export function refusalOf(version: string): string | null {
  if (Number.parseInt(version, 10) >= NODE_MAJOR_MIN) return null
  return `Node ${NODE_MAJOR_MIN} or newer is needed, and this is ${version}. In the project's folder, npm start and npx rollcall use the right one.`
}
