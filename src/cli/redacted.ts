import { mapStrings } from '../report/redact.js';
import { redactor } from './output.js';

/** Plain data without secrets. What is written into files does not pass through the redaction of the streams. */
export function redacted<T>(value: T): T {
  return mapStrings(value, (text) => redactor.redact(text));
}
