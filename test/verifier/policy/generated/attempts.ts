import { OTHER } from './policies.js';

export const ASKED = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa';

/**
 * A table of every shape of row for three tenants, and functions that try what a role can do to it. A trigger notes which
 * rows a command has found, and leaves them as they are; or makes the row that is to be written of them.
 */
export const ATTEMPTS = `
  CREATE TABLE tenants (id uuid PRIMARY KEY);
  CREATE FUNCTION asked() RETURNS uuid LANGUAGE sql STABLE
    RETURN nullif(current_setting('app.tenant_id', true), '')::uuid;
  CREATE FUNCTION asked_or_fail() RETURNS uuid LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
    DECLARE
      setting constant text := coalesce(current_setting('app.tenant_id', true), '');
    BEGIN
      IF setting = '' THEN
        RAISE EXCEPTION 'no tenant set';
      ELSIF setting !~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN
        RAISE EXCEPTION 'no tenant';
      END IF;
      RETURN setting::uuid;
    END $$;
  CREATE FUNCTION is_ours(t uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
    DECLARE mine uuid := public.asked(); answer boolean;
    BEGIN
      IF mine IS NULL THEN RETURN false; END IF;
      answer := t = mine;
      RETURN answer;
    END $$;
  CREATE FUNCTION is_open(t uuid, flag boolean) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
    DECLARE answer boolean := flag;
    BEGIN
      IF t <> public.asked() THEN answer := NOT flag; END IF;
      RETURN answer;
    END $$;
  CREATE TABLE shapes AS
    SELECT row_number() OVER () AS id, tenant_id, n, s, b
    FROM unnest('{${ASKED},${OTHER},cccccccc-cccc-4ccc-8ccc-cccccccccccc}'::uuid[]) AS t (tenant_id),
      unnest('{NULL,1}'::int[]) AS n, unnest('{NULL,x}'::text[]) AS s, unnest('{true,false}'::boolean[]) AS b;
  CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM set_config('test.found', current_setting('test.found') || ' ' || OLD.id, true);
      IF current_setting('test.becomes') = '' THEN RETURN NULL; END IF;
      NEW := jsonb_populate_record(NEW, current_setting('test.becomes')::jsonb - 'id');
      RETURN NEW;
    END $$;
  CREATE FUNCTION make_table(name text) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
      EXECUTE format('CREATE TABLE %I (id bigint, tenant_id uuid NOT NULL, n int, s text, b boolean NOT NULL, touched int)', name);
      EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
      EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO PUBLIC', name);
      EXECUTE format('CREATE TRIGGER note BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION note()', name);
      PERFORM fill(name, NULL);
    END $$;
  -- The rows that one command of a role finds, by their ids; NULL where it fails.
  CREATE FUNCTION found_by(source text, command text, who text) RETURNS text LANGUAGE plpgsql AS $$
    DECLARE result text;
    BEGIN
      PERFORM set_config('test.found', '', true), set_config('test.becomes', '', true), set_config('role', who, true);
      CASE command
        WHEN 'select' THEN EXECUTE format('SELECT string_agg(id::text, '' '') FROM %I', source) INTO result;
        WHEN 'update' THEN EXECUTE format('UPDATE %I SET touched = 1', source);
        WHEN 'delete' THEN EXECUTE format('DELETE FROM %I', source);
      END CASE;
      result := coalesce(result, current_setting('test.found'));
      PERFORM set_config('role', 'none', true);
      RETURN result;
    EXCEPTION WHEN OTHERS THEN RETURN NULL;
    END $$;
  -- Leaves one row in a table that an UPDATE of a role finds; whether there is one.
  CREATE FUNCTION leave_reachable(source text, who text) RETURNS boolean LANGUAGE plpgsql AS $$
    DECLARE
      found text := found_by(source, 'update', who);
      each record;
    BEGIN
      FOR each IN SELECT id FROM shapes WHERE found IS NULL OR id::text = ANY (string_to_array(found, ' ')) LOOP
        PERFORM fill(source, each.id);
        IF found_by(source, 'update', who) <> '' THEN RETURN true; END IF;
      END LOOP;
      RETURN false;
    END $$;
  -- Whether a role can write a row, new or made of what is there: true, refused, or how it fails.
  CREATE FUNCTION writes(source text, command text, wanted jsonb, who text) RETURNS text LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM set_config('test.found', '', true), set_config('test.becomes', wanted::text, true), set_config('role', who, true);
      IF command = 'insert' THEN
        EXECUTE format('INSERT INTO %1$I SELECT * FROM jsonb_populate_record(NULL::%1$I, $1)', source) USING wanted;
      ELSE
        EXECUTE format('UPDATE %I SET touched = 1', source);
      END IF;
      RAISE EXCEPTION 'written' USING ERRCODE = 'TN999';
    EXCEPTION
      WHEN SQLSTATE 'TN999' THEN RETURN 'true';
      WHEN insufficient_privilege THEN RETURN 'refused';
      WHEN OTHERS THEN RETURN SQLERRM;
    END $$;
  -- The rows of other tenants that a role reaches by one command, in the context that is set, where every shape is there.
  CREATE FUNCTION crossings(source text, command text, expression text, who text) RETURNS text LANGUAGE plpgsql AS $$
    DECLARE
      found text;
      each record;
      result text := '';
      reachable boolean := true;
    BEGIN
      IF expression = 'using' THEN found := found_by(source, command, who); END IF;
      IF expression = 'check' AND command = 'update' THEN reachable := leave_reachable(source, who); END IF;
      FOR each IN SELECT * FROM shapes WHERE tenant_id::text IS DISTINCT FROM current_setting('app.tenant_id', true) LOOP
        IF expression = 'check' THEN
          CONTINUE WHEN NOT reachable OR writes(source, command, to_jsonb(each), who) <> 'true';
        ELSIF found IS NULL THEN
          -- A row that makes the policies fail hides the others: each is tried alone.
          PERFORM fill(source, each.id);
          CONTINUE WHEN coalesce(found_by(source, command, who), '') = '';
        ELSE
          CONTINUE WHEN NOT each.id::text = ANY (string_to_array(found, ' '));
        END IF;
        result := concat_ws(' ', result, each.id);
      END LOOP;
      PERFORM fill(source, NULL);
      RETURN result;
    END $$;
  -- Puts every shape into a table, or one, or with 0 none; the trigger is not asked.
  CREATE FUNCTION fill(source text, only_one bigint) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM set_config('session_replication_role', 'replica', true);
      EXECUTE format('DELETE FROM %I', source);
      EXECUTE format('INSERT INTO %I SELECT id, tenant_id, n, s, b FROM shapes WHERE id = coalesce($1, id)', source) USING only_one;
      PERFORM set_config('session_replication_role', 'origin', true);
    END $$;`;
