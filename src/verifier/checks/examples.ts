/** One fix of each check that has any, as test/verifier/checks/registry.test.ts writes them down. */
export const EXAMPLE_FIXES: Readonly<Record<string, string>> = {
  'app-role-bypassrls': `ALTER ROLE "app" NOBYPASSRLS;`,
  'app-role-can-bypass': `REVOKE "group" FROM "app";`,
  'app-role-createdb': `ALTER ROLE "app" NOCREATEDB;`,
  'app-role-createrole': `ALTER ROLE "app" NOCREATEROLE;`,
  'app-role-in-owner': `REVOKE "own" FROM "app";`,
  'app-role-owns-database': `ALTER DATABASE "shop" OWNER TO "own";`,
  'app-role-owns-schema': `ALTER SCHEMA "public" OWNER TO "own";
GRANT USAGE ON SCHEMA "public" TO "app";`,
  'app-role-owns-table': `ALTER TABLE "public"."countries" OWNER TO "own";
GRANT SELECT ON "public"."countries" TO "app";`,
  'app-role-predefined-role': `REVOKE EXECUTE ON FUNCTION pg_read_file(text) FROM "app";`,
  'app-role-replication': `ALTER ROLE "app" NOREPLICATION;`,
  'app-role-superuser': `ALTER ROLE "app" NOSUPERUSER;`,
  'bookkeeping-reachable': `REVOKE ALL ON "tenantctl"."migration_log" FROM "app";`,
  'child-without-rls': `ALTER TABLE "public"."events_now" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant_isolation" ON "public"."events_now" USING ("tenant_id" = ( SELECT public.cur() AS cur)) WITH CHECK ("tenant_id" = ( SELECT public.cur() AS cur));`,
  'constraint-not-validated': `ALTER TABLE "public"."kids" VALIDATE CONSTRAINT "noted";`,
  'context-default': `ALTER DATABASE "shop" RESET "app"."tenant_id";`,
  'default-privileges-open': `ALTER DEFAULT PRIVILEGES FOR ROLE "own" REVOKE TRUNCATE, REFERENCES, TRIGGER, MAINTAIN ON TABLES FROM "app";`,
  'event-trigger-changes-rls': `ALTER EVENT TRIGGER "closer" DISABLE;`,
  'exclusion-not-scoped': `ALTER TABLE "public"."kids" DROP CONSTRAINT "one_note", ADD CONSTRAINT "one_note" EXCLUDE USING btree ("tenant_id" WITH =, note WITH =);`,
  'fk-clears-tenant': `ALTER TABLE "public"."kids" DROP CONSTRAINT "kids_tenant_id_parent_id_fkey", ADD CONSTRAINT "kids_tenant_id_parent_id_fkey" FOREIGN KEY ("tenant_id", "parent_id")
  REFERENCES "public"."parents" ("tenant_id", "id")
  ON DELETE SET NULL ("parent_id") ON UPDATE NO ACTION NOT VALID;
ALTER TABLE "public"."kids" VALIDATE CONSTRAINT "kids_tenant_id_parent_id_fkey";`,
  'fk-crosses-tenants': `CREATE UNIQUE INDEX "numbered_tenant_id_id_key" ON "public"."numbered" ("tenant_id", "id");
ALTER TABLE "public"."numbered" ADD CONSTRAINT "numbered_tenant_id_id_key" UNIQUE USING INDEX "numbered_tenant_id_id_key";
ALTER TABLE "public"."kids" DROP CONSTRAINT "to_number", ADD CONSTRAINT "to_number" FOREIGN KEY ("tenant_id", "numbered_id")
  REFERENCES "public"."numbered" ("tenant_id", "id")
  ON DELETE CASCADE ON UPDATE NO ACTION NOT VALID;
ALTER TABLE "public"."kids" VALIDATE CONSTRAINT "to_number";`,
  'fk-skipped-without-tenant': `ALTER TABLE "public"."notes" ADD CONSTRAINT "notes_tenant_id_present" CHECK ("tenant_id" IS NOT NULL) NOT VALID;
ALTER TABLE "public"."notes" VALIDATE CONSTRAINT "notes_tenant_id_present";
ALTER TABLE "public"."notes" ALTER COLUMN "tenant_id" SET NOT NULL;
ALTER TABLE "public"."notes" DROP CONSTRAINT "notes_tenant_id_present";`,
  'foreign-table-granted': `REVOKE ALL ON "public"."kids_elsewhere" FROM "app";`,
  'function-leakproof': `ALTER FUNCTION "public"."shout"(t text) NOT LEAKPROOF;`,
  'function-search-path': `ALTER ROUTINE "public"."bare"() SET search_path = "pg_catalog", "public", "pg_temp";`,
  'function-sets-tenant': `REVOKE EXECUTE ON ROUTINE "public"."switch"() FROM PUBLIC;`,
  'grant-option': `REVOKE GRANT OPTION FOR SELECT ON "public"."kids" FROM "app" CASCADE;`,
  'maintain-granted': `REVOKE MAINTAIN ON "public"."kids" FROM "app";`,
  'materialized-view-granted': `REVOKE ALL ON "public"."kid_copy" FROM "app";`,
  'parameter-granted': `REVOKE ALL ON PARAMETER "session_replication_role" FROM "app";`,
  'parent-without-rls': `ALTER TABLE "public"."things" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;`,
  'policies-dormant': `ALTER TABLE "public"."countries" ENABLE ROW LEVEL SECURITY;`,
  'policy-admits-null-tenant': `ALTER POLICY "iso" ON "public"."numbered" USING ("tenant_id" = ( SELECT public.cur() AS cur));`,
  'policy-always-true': `ALTER POLICY "open" ON "public"."kids" USING ("tenant_id" = ( SELECT public.cur() AS cur));`,
  'policy-casts-tenant-column': `ALTER POLICY "iso" ON "public"."kids" USING ("tenant_id" = ( SELECT public.cur() AS cur)) WITH CHECK ("tenant_id" = ( SELECT public.cur() AS cur));`,
  'policy-compares-loosely': `ALTER POLICY "iso" ON "public"."kids" USING ("tenant_id" = ( SELECT public.cur() AS cur)) WITH CHECK ("tenant_id" = ( SELECT public.cur() AS cur));`,
  'policy-fails-open': `ALTER POLICY "iso" ON "public"."events" USING ("tenant_id" = public.cur());`,
  'policy-function-immutable': `ALTER FUNCTION "public"."fixed"() STABLE;`,
  'policy-ignores-tenant': `ALTER POLICY "b" ON "public"."events" USING ("tenant_id" = ( SELECT public.cur() AS cur)) WITH CHECK ("tenant_id" = ( SELECT public.cur() AS cur));`,
  'public-grant': `REVOKE ALL ON "public"."kids" FROM PUBLIC;`,
  'references-granted': `REVOKE REFERENCES ON "public"."parents" FROM "app";`,
  'restrictive-policy-always-true': `DROP POLICY "floor" ON "public"."kids";`,
  'rls-disabled': `ALTER TABLE "public"."kids" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;`,
  'rls-not-forced': `ALTER TABLE "public"."kids" FORCE ROW LEVEL SECURITY;`,
  'rule-bypasses-rls': `DROP RULE "copy" ON "public"."parents";`,
  'schema-create-granted': `REVOKE CREATE ON SCHEMA "public" FROM "app";`,
  'security-definer-function': `ALTER ROUTINE "public"."all_notes"() SECURITY INVOKER;`,
  'sequence-granted': `REVOKE SELECT, UPDATE ON SEQUENCE "public"."numbered_id_seq" FROM "app";`,
  'shared-writable': `REVOKE INSERT ON "public"."countries" FROM "app";`,
  'tenant-column-nullable': `ALTER TABLE "public"."numbered" ADD CONSTRAINT "numbered_tenant_id_present" CHECK ("tenant_id" IS NOT NULL) NOT VALID;
ALTER TABLE "public"."numbered" VALIDATE CONSTRAINT "numbered_tenant_id_present";
ALTER TABLE "public"."numbered" ALTER COLUMN "tenant_id" SET NOT NULL;
ALTER TABLE "public"."numbered" DROP CONSTRAINT "numbered_tenant_id_present";`,
  'tenant-default-constant': `ALTER TABLE "public"."kids" ALTER COLUMN "tenant_id" DROP DEFAULT;`,
  'tenant-index-missing': `CREATE INDEX "numbered_tenant_id_idx" ON "public"."numbered" ("tenant_id");`,
  'tenant-reference-missing': `ALTER TABLE "public"."numbered" ADD CONSTRAINT "numbered_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants" ("id") NOT VALID;
ALTER TABLE "public"."numbered" VALIDATE CONSTRAINT "numbered_tenant_id_fkey";`,
  'trigger-granted': `REVOKE TRIGGER ON "public"."kids" FROM "app";`,
  'truncate-granted': `REVOKE TRUNCATE ON "public"."kids" FROM "app";`,
  'unique-not-scoped': `CREATE UNIQUE INDEX "lower_note_tenant" ON public.kids USING btree ("tenant_id", lower(note)) WHERE (note <> ''::text);
DROP INDEX "public"."lower_note";
ALTER INDEX "public"."lower_note_tenant" RENAME TO "lower_note";`,
  'view-bypasses-rls': `ALTER VIEW "public"."all_kids" SET (security_invoker = true);`,
  'with-check-open': `ALTER POLICY "iso" ON "public"."kids" USING ("tenant_id" = ( SELECT public.cur() AS cur)) WITH CHECK ("tenant_id" = ( SELECT public.cur() AS cur));`,
};
