-- expect: context-default:"app.tenant_id":"all roles in this database"
-- expect: context-default:"app.tenant_id":"leak_app"
ALTER ROLE leak_app SET app.tenant_id = '11111111-1111-1111-1111-111111111111';
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET app.tenant_id = %L', current_database(),
  '11111111-1111-1111-1111-111111111111'); END $$;
