/** Hears how each call of one route went. */
export interface CallMeter {
  answered(status: number, ms: number): void
  /** `reason`: of the failure, or `bug`. */
  refused(reason: string): void
}

/** One for each route: found once, as every request is counted. */
export type Meter = (method: string, path: string) => CallMeter

/** The address of what no route serves. */
export const NO_ROUTE = { method: 'any', path: 'none' } as const
