#!/usr/bin/env -S node --import tsx
// From source, without a build: for work on tenantctl itself.
import { start } from '../src/cli/start.ts';

await start({ development: true, dir: import.meta.url });
