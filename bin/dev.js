#!/usr/bin/env -S node --import tsx
// From source, without a build: for work on tenantctl itself.
import { execute } from '@oclif/core';
import { installRedaction } from '../src/cli/output.ts';

installRedaction(process.argv.slice(2), process.env);
await execute({ development: true, dir: import.meta.url });
