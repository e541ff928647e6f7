import { fileURLToPath } from 'node:url';

/**
 * Loads a user's module, TypeScript or JavaScript, ESM or CommonJS, on every supported Node without flags.
 *
 * `import … from 'tenantctl'` inside it means this very installation, so a config also works with a global install.
 *
 * @param path absolute path of the module
 * @returns its exports; a CommonJS module's `module.exports` is spread over them
 * @throws whatever the module throws while it is evaluated, and syntax errors
 */
export async function loadModule(path: string): Promise<Record<string, unknown>> {
  const { createJiti } = await import('jiti');
  const jiti = createJiti(import.meta.url, {
    alias: { tenantctl: fileURLToPath(new URL('./index.js', import.meta.url)) },
    // A cache outside the project would outlive the file it was made from; reading anew costs milliseconds.
    fsCache: false,
    interopDefault: true,
  });
  return await jiti.import<Record<string, unknown>>(path);
}
