import type { Change, TenancyFault } from './rule.js';

/** What a check of verify-tenancy finds by the end of a file and did not find before, with the fix that it knows. */
export function* keysOf({ keys }: Change, check: string): Generator<TenancyFault> {
  for (const fault of keys) {
    if (fault.check !== check || fault.severity === 'info') continue;
    const { schema, object, severity, detail, fix } = fault;
    yield {
      ...{ schema, object, severity, detail },
      recipe: fix ?? '-- the key, and what refers to it, with the tenant as its first column',
    };
  }
}
