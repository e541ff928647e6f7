-- Supabase with an organization in the token: auth.jwt(), app_metadata, auth.uid().
-- config: {"root": "organizations", "columns": ["organization_id"], "context": {"sql": ["select set_config('request.jwt.claims', json_build_object('sub', '99999999-9999-4999-8999-999999999999', 'role', 'authenticated', 'org_id', $1::text, 'app_metadata', json_build_object('organization_id', $1::text, 'plan', 'free'))::text, true)"]}}
CREATE SCHEMA auth;
CREATE FUNCTION auth.jwt() RETURNS jsonb LANGUAGE sql STABLE AS $$ SELECT nullif(current_setting('request.jwt.claims', true), '')::jsonb $$;
CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS $$ SELECT coalesce(nullif(current_setting('request.jwt.claim.sub', true), ''), (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'))::uuid $$;
CREATE FUNCTION auth.role() RETURNS text LANGUAGE sql STABLE AS $$ SELECT nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role' $$;
CREATE FUNCTION auth.organization_id() RETURNS uuid LANGUAGE sql STABLE AS $$ SELECT (auth.jwt() -> 'app_metadata' ->> 'organization_id')::uuid $$;
GRANT USAGE ON SCHEMA auth TO PUBLIC;
CREATE TABLE organizations (id uuid PRIMARY KEY, name text, slug text UNIQUE);
CREATE TABLE documents (id uuid PRIMARY KEY, organization_id uuid NOT NULL, created_by uuid NOT NULL, is_public boolean NOT NULL DEFAULT false, title text);
CREATE TABLE members (organization_id uuid NOT NULL, user_id uuid NOT NULL, role text NOT NULL, deleted_at timestamptz, PRIMARY KEY (organization_id, user_id));
CREATE TABLE profiles (id uuid PRIMARY KEY, is_admin boolean NOT NULL DEFAULT false);
CREATE FUNCTION is_member(org uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$ SELECT EXISTS (SELECT 1 FROM members m WHERE m.organization_id = org AND m.user_id = auth.uid()) $$;
CREATE FUNCTION has_role(org uuid, wanted text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$ SELECT EXISTS (SELECT 1 FROM public.members m WHERE m.organization_id = org AND m.user_id = (SELECT auth.uid()) AND m.role = wanted) $$;
CREATE FUNCTION my_organizations() RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$ SELECT organization_id FROM members WHERE user_id = auth.uid() $$;
CREATE FUNCTION is_member_loose(org uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$ SELECT EXISTS (SELECT 1 FROM members m WHERE m.user_id = auth.uid()) $$;

-- expect: proved: the claim
CREATE POLICY p ON documents USING (organization_id = (auth.jwt() ->> 'org_id')::uuid);
-- expect: proved: the claim below app_metadata, wrapped
CREATE POLICY p ON documents USING (organization_id = ((SELECT auth.jwt()) -> 'app_metadata' ->> 'organization_id')::uuid);
-- expect: proved: without the helper
CREATE POLICY p ON documents USING (organization_id = (current_setting('request.jwt.claims', true)::jsonb ->> 'org_id')::uuid);
-- expect: proved: as json, guarded
CREATE POLICY p ON documents USING (organization_id::text = (nullif(current_setting('request.jwt.claims', true), '')::json ->> 'org_id'));
-- expect: proved: by a path
CREATE POLICY p ON documents USING (organization_id = (current_setting('request.jwt.claims', true)::jsonb #>> '{app_metadata,organization_id}')::uuid);
-- expect: proved: a helper over the helper
CREATE POLICY p ON documents USING (organization_id = auth.organization_id()) WITH CHECK (organization_id = auth.organization_id() AND created_by = auth.uid());
-- expect: proved: signed in, and of the organization
CREATE POLICY p ON documents USING (auth.role() = 'authenticated' AND organization_id = auth.organization_id());
-- expect: proved: the root by its own key
CREATE POLICY p ON organizations FOR SELECT USING (id = auth.organization_id());
-- expect: proved: membership, looked up in the row's own organization
CREATE POLICY p ON documents USING (EXISTS (SELECT 1 FROM members m WHERE m.organization_id = documents.organization_id AND m.user_id = auth.uid()));
-- expect: proved: by IN
CREATE POLICY p ON documents USING (organization_id IN (SELECT m.organization_id FROM members m WHERE m.user_id = auth.uid()));
-- expect: proved: the user among the members
CREATE POLICY p ON documents USING (auth.uid() IN (SELECT m.user_id FROM members m WHERE m.organization_id = documents.organization_id));
-- expect: proved: by ANY of an array of rows
CREATE POLICY p ON documents USING (organization_id = ANY (ARRAY(SELECT m.organization_id FROM members m WHERE m.user_id = (SELECT auth.uid()))));
-- expect: proved: with a role, and left out who has left
CREATE POLICY p ON documents FOR DELETE USING (EXISTS (SELECT 1 FROM members m WHERE m.organization_id = documents.organization_id AND m.user_id = auth.uid() AND m.role IN ('owner', 'admin') AND m.deleted_at IS NULL));
-- expect: proved: a definer helper that looks the membership up
CREATE POLICY p ON documents USING (is_member(organization_id));
-- expect: proved: the helper with a role
CREATE POLICY p ON documents FOR UPDATE USING (has_role(organization_id, 'admin')) WITH CHECK (has_role(organization_id, 'admin'));
-- expect: proved: the helper that returns rows
CREATE POLICY p ON documents USING (organization_id IN (SELECT my_organizations()));
-- expect: proved: the organization of a member
CREATE POLICY p ON organizations FOR SELECT USING (id IN (SELECT m.organization_id FROM members m WHERE m.user_id = auth.uid()));
-- expect: refuted: anyone who is signed in
CREATE POLICY "Enable read access for authenticated users" ON documents FOR SELECT USING (auth.role() = 'authenticated');
-- expect: refuted: signed in is not a member
CREATE POLICY p ON documents FOR SELECT USING (auth.uid() IS NOT NULL);
-- expect: refuted: public documents
CREATE POLICY p ON documents FOR SELECT USING (is_public OR organization_id = auth.organization_id());
-- expect: refuted: insert for any organization as long as it is one's own
CREATE POLICY p ON documents FOR INSERT WITH CHECK (created_by = auth.uid());
-- expect: unknown: one's own rows, whatever the organization
CREATE POLICY p ON documents FOR SELECT USING (auth.uid() = created_by);
-- expect: refuted: members of anything
CREATE POLICY p ON documents USING (EXISTS (SELECT 1 FROM members m WHERE m.user_id = auth.uid()));
-- expect: refuted: the self-join that compares a column with itself
CREATE POLICY p ON documents USING (EXISTS (SELECT 1 FROM members m WHERE m.organization_id = m.organization_id AND m.user_id = auth.uid()));
-- expect: refuted: a helper that forgets its argument
CREATE POLICY p ON documents USING (is_member_loose(organization_id));
-- expect: refuted: platform admins
CREATE POLICY p ON documents USING (organization_id = auth.organization_id() OR EXISTS (SELECT 1 FROM profiles p WHERE p.id = auth.uid() AND p.is_admin));
-- expect: refuted: everybody may found one, and write its key
CREATE POLICY p ON organizations FOR INSERT WITH CHECK (true);
-- expect: refuted: by slug
CREATE POLICY p ON organizations FOR SELECT USING (id = auth.organization_id() OR slug = 'demo');
