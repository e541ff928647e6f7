-- expect: app-role-owns-database:"leak_app"
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I OWNER TO leak_app', current_database()); END $$;
