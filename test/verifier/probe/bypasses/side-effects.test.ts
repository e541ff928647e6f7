import { describe, expect, it } from 'vitest';
import { isolate, openShop } from '../shop.js';

/** A trigger on parents whose function runs as an owner whom no policy binds. */
const trigger = (when: string, body: string, definer = 'SECURITY DEFINER') =>
  `CREATE FUNCTION on_write() RETURNS trigger LANGUAGE plpgsql ${definer} SET search_path = public, pg_temp
     AS $$BEGIN ${body} RETURN coalesce(NEW, OLD); END$$;
   CREATE TRIGGER t ${when} ON parents FOR EACH ROW EXECUTE FUNCTION on_write()`;

const LOG = `CREATE TABLE log (tenant_id uuid NOT NULL, id uuid PRIMARY KEY DEFAULT gen_random_uuid(), body text); ${isolate('log')}`;
const SOMEBODY = "'11111111-1111-4111-8111-111111111111'";

const CROSSED: [name: string, sql: string, details: string[]][] = [
  [
    'a trigger that writes for every tenant',
    `${LOG} ${trigger('AFTER INSERT', 'INSERT INTO log (tenant_id) SELECT id FROM tenants;')}`,
    ["insert changed another tenant's rows in log"],
  ],
  [
    'a trigger that writes for a tenant by name',
    `${LOG} ${trigger('AFTER DELETE', `INSERT INTO log (tenant_id) VALUES (${SOMEBODY});`)}`,
    ["delete changed another tenant's rows in log"],
  ],
  [
    'a trigger that puts its statement together',
    trigger('AFTER UPDATE', "EXECUTE 'UPDATE ' || 'kids' || ' SET note = 1';"),
    ["update changed another tenant's rows in kids"],
  ],
  [
    'a trigger that calls another function',
    `CREATE FUNCTION mark() RETURNS void LANGUAGE sql SECURITY DEFINER AS 'UPDATE public.kids SET note = 1';
     ${trigger('AFTER INSERT', 'PERFORM mark();', '')}`,
    ["insert changed another tenant's rows in kids"],
  ],
  [
    'a trigger on what a trigger writes to',
    `${LOG} CREATE FUNCTION spread() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
       AS $$BEGIN UPDATE public.kids SET note = 'seen'; RETURN NEW; END$$;
     CREATE TRIGGER s AFTER INSERT ON log FOR EACH ROW EXECUTE FUNCTION spread();
     ${trigger('AFTER INSERT', 'INSERT INTO log (tenant_id) VALUES (NEW.tenant_id);', '')}`,
    ["insert changed another tenant's rows in kids"],
  ],
  [
    'a rule',
    "CREATE RULE r AS ON INSERT TO parents DO ALSO UPDATE kids SET note = 'seen'",
    ["insert changed another tenant's rows in kids"],
  ],
];

describe('a write that writes to another tenant', () => {
  it.each(CROSSED)('by %s', async (_, sql, details) => {
    const shop = await openShop();
    await shop.plant(sql);
    const { found, notDenied, verdicts } = await shop.probe();
    expect(found).toContain('probe-effect-crosses parents');
    expect(verdicts).toMatchObject({ parents: 'leaking' });
    const told = notDenied('parents').map(({ command, detail }) => `${command} ${detail}`);
    expect(told).toEqual(details.map((detail) => expect.stringContaining(detail)));
  });

  it('gives the own row away', async () => {
    const shop = await openShop();
    await shop.plant(`${LOG} ALTER POLICY iso ON log WITH CHECK (true);
      CREATE FUNCTION give() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.tenant_id := ${SOMEBODY}; RETURN NEW; END$$;
      CREATE TRIGGER g BEFORE INSERT ON log FOR EACH ROW EXECUTE FUNCTION give()`);
    expect((await shop.probe()).found).toContain('probe-effect-crosses log');
  });
});

describe('a write that stays with its tenant', () => {
  it.each([
    [
      'by a trigger for the row’s tenant',
      `${LOG} ${trigger('AFTER INSERT OR UPDATE OR DELETE', 'INSERT INTO log (tenant_id) VALUES ((coalesce(NEW, OLD)).tenant_id);')}`,
    ],
    [
      'by a trigger that is switched off',
      `${LOG} ${trigger('AFTER INSERT', 'INSERT INTO log (tenant_id) SELECT id FROM tenants;')}; ALTER TABLE parents DISABLE TRIGGER t`,
    ],
    ['by a trigger on the row alone', trigger('BEFORE UPDATE', 'NEW.name := NEW.name;')],
    [
      'by a rule whose owner is bound',
      `ALTER TABLE parents OWNER TO pg_monitor; ALTER TABLE kids OWNER TO pg_monitor;
      CREATE RULE r AS ON INSERT TO parents DO ALSO UPDATE kids SET note = 'seen'`,
    ],
  ])('%s', async (_, sql) => {
    const shop = await openShop();
    await shop.plant(sql);
    const { found, verdicts } = await shop.probe();
    expect({ found, verdicts }).toEqual({ found: [], verdicts: {} });
  });
});
