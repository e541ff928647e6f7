import selfsigned from 'selfsigned';

/** A certificate and its private key, as PEM text. */
export interface Identity {
  cert: string;
  key: string;
}

type Options = NonNullable<Parameters<typeof selfsigned.generate>[1]>;
type AltNames = Extract<NonNullable<Options['extensions']>[number], { name: 'subjectAltName' }>['altNames'];

const CURVE = { keyType: 'ec', algorithm: 'sha256' } as const;

/** A certificate authority of our own. */
export function makeAuthority(name: string): Promise<Identity> {
  return generate(name, {
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, critical: true },
    ],
  });
}

/** A server's certificate for exactly these names; none is taken from the subject. */
export function makeServerIdentity(authority: Identity, altNames: AltNames): Promise<Identity> {
  return generate('server', { ca: authority, extensions: [{ name: 'subjectAltName', altNames }] });
}

/** A client's certificate; PostgreSQL's `cert` authentication takes the common name for the role. */
export function makeClientIdentity(authority: Identity, role: string): Promise<Identity> {
  return generate(role, { ca: authority, extensions: [{ name: 'extKeyUsage', clientAuth: true }] });
}

async function generate(commonName: string, options: Options): Promise<Identity> {
  const { cert, private: key } = await selfsigned.generate([{ name: 'commonName', value: commonName }], {
    ...CURVE,
    ...options,
  });
  return { cert, key };
}
