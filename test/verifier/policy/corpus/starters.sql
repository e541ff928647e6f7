-- Graphile and PostgREST starters, Hasura, Prisma: text keys, roles, two levels, quoted names.
-- config: {"context": {"setting": "jwt.claims.workspace_id"}, "root": "Workspace", "columns": ["workspaceId"]}
CREATE TYPE "Visibility" AS ENUM ('PRIVATE', 'INTERNAL', 'PUBLIC');
CREATE TABLE "Workspace" (id text PRIMARY KEY, name text);
CREATE TABLE "Page" (id text PRIMARY KEY, "workspaceId" text NOT NULL, "authorId" text, visibility "Visibility" NOT NULL, slug varchar(20), "publishedAt" timestamptz, UNIQUE ("workspaceId", id));
CREATE TABLE "Block" (id text PRIMARY KEY, "pageId" text NOT NULL, "workspaceId" text NOT NULL, hidden boolean NOT NULL, FOREIGN KEY ("workspaceId", "pageId") REFERENCES "Page" ("workspaceId", id));
CREATE TABLE "Note" (id text PRIMARY KEY, "pageId" text NOT NULL REFERENCES "Page", body text);
CREATE FUNCTION current_workspace() RETURNS text LANGUAGE sql STABLE AS $$ SELECT nullif(current_setting('jwt.claims.workspace_id', true), '') $$;
CREATE FUNCTION opaque_workspace() RETURNS text LANGUAGE plpgsql STABLE AS $$ DECLARE w text; BEGIN w := current_setting('jwt.claims.workspace_id', true); RETURN w; END $$;

-- expect: proved: text with text
CREATE POLICY p ON "Page" USING ("workspaceId" = current_setting('jwt.claims.workspace_id', true));
-- expect: proved: '' is no workspace
CREATE POLICY p ON "Page" USING ("workspaceId" = current_workspace());
-- expect: proved: one policy per command
CREATE POLICY s ON "Page" FOR SELECT USING ("workspaceId" = current_workspace());
CREATE POLICY i ON "Page" FOR INSERT WITH CHECK ("workspaceId" = current_workspace() AND visibility <> 'PUBLIC');
CREATE POLICY u ON "Page" FOR UPDATE USING ("workspaceId" = current_workspace()) WITH CHECK ("workspaceId" = current_workspace());
CREATE POLICY d ON "Page" FOR DELETE USING ("workspaceId" = current_workspace() AND "authorId" IS NOT NULL);
-- expect: proved: the page that a block is on, of the workspace
CREATE POLICY p ON "Block" USING (EXISTS (SELECT 1 FROM "Page" p WHERE p.id = "Block"."pageId" AND p."workspaceId" = current_workspace()));
-- expect: proved: a note is whose its page is
CREATE POLICY p ON "Note" USING (EXISTS (SELECT 1 FROM "Page" p WHERE p.id = "Note"."pageId" AND p."workspaceId" = current_workspace()));
-- expect: proved: the same by a scalar subquery
CREATE POLICY p ON "Note" USING ((SELECT p."workspaceId" FROM "Page" p WHERE p.id = "Note"."pageId") = current_workspace());
-- expect: proved: a policy for another role is not the application's
CREATE POLICY own ON "Page" USING ("workspaceId" = current_workspace());
CREATE POLICY reports ON "Page" FOR SELECT TO pg_monitor USING (true);
-- expect: proved: nothing passes where every policy is restrictive
CREATE POLICY p ON "Page" AS RESTRICTIVE USING (true);
-- expect: proved: a constant false beside it
CREATE POLICY p ON "Page" USING ("workspaceId" = current_workspace() OR (false AND hashtext(slug) = 1));
-- expect: refuted: everything that is public
CREATE POLICY own ON "Page" USING ("workspaceId" = current_workspace());
CREATE POLICY public ON "Page" FOR SELECT USING (visibility = 'PUBLIC');
-- expect: refuted: not private
CREATE POLICY p ON "Page" FOR SELECT USING (visibility <> 'PRIVATE' OR "workspaceId" = current_workspace());
-- expect: refuted: published, by anybody
CREATE POLICY p ON "Page" FOR SELECT USING ("publishedAt" <= now());
-- expect: refuted: the UPDATE gives rows away
CREATE POLICY p ON "Page" USING ("workspaceId" = current_workspace()) WITH CHECK ("authorId" IS NOT NULL);
-- expect: refuted: the restrictive floor is for SELECT alone
CREATE POLICY all_rows ON "Page" USING (true);
CREATE POLICY floor ON "Page" AS RESTRICTIVE FOR SELECT USING ("workspaceId" = current_workspace());
-- expect: refuted: without an author
CREATE POLICY p ON "Page" USING ("workspaceId" = current_workspace() OR "authorId" IS NULL);
-- expect: refuted: any page is enough for a note
CREATE POLICY p ON "Note" USING (EXISTS (SELECT 1 FROM "Page" p WHERE p."workspaceId" = current_workspace()));
-- expect: refuted: blocks that are not hidden
CREATE POLICY p ON "Block" FOR SELECT USING (NOT hidden);
-- expect: refuted: who is logged in is everybody
CREATE POLICY p ON "Page" USING (session_user = current_user);
-- expect: unknown: case is not minded, and the keys may differ in just that
CREATE POLICY p ON "Page" USING (lower("workspaceId") = lower(current_workspace()));
-- expect: proved: a variable, and what it is assigned
CREATE POLICY p ON "Page" USING ("workspaceId" = opaque_workspace());
