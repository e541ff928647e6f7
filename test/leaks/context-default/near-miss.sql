-- Another role's, another setting's, and one that is as good as none.
ALTER ROLE leak_ops SET app.tenant_id = '11111111-1111-1111-1111-111111111111';
ALTER ROLE leak_app SET app.locale = 'de';
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET app.tenant_id = ''''', current_database()); END $$;
