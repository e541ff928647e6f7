import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { Ajv } from 'ajv';
import ajvFormats from 'ajv-formats';
import { validateXML, type XMLFileInfo } from 'xmllint-wasm';
import { ROOT } from './cli.js';

const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
ajvFormats.default(ajv);
// Draft 4, of whose differences to draft 7 it uses only the spelling of `id`.
const {
  $schema: _,
  id: __,
  ...sarifSchema
} = createRequire(import.meta.url)('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json');
const validate = ajv.compile(sarifSchema);

/** What SARIF 2.1.0's own schema finds wrong with a log. */
export function sarifErrors(text: string): string[] {
  validate(JSON.parse(text));
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

/** What Jenkins' schema of JUnit XML finds wrong with a report. */
export async function junitErrors(text: string): Promise<string[]> {
  const schema = await readFile(`${ROOT}test/report/schemas/jenkins-junit.xsd`, 'utf8');
  const xml: XMLFileInfo = { fileName: 'report.xml', contents: text };
  const { errors } = await validateXML({ xml, schema });
  return errors.map(({ message }) => message);
}
