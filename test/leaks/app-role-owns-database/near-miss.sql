DO $$ BEGIN EXECUTE format('ALTER DATABASE %I OWNER TO leak_own', current_database()); END $$;
