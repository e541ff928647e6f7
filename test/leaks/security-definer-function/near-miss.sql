-- Not the application's to call; bound by the policies; a policy's helper; and one that asks for the tenant.
CREATE FUNCTION all_notes() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
  AS 'SELECT note FROM kids';
REVOKE EXECUTE ON FUNCTION all_notes() FROM PUBLIC;
CREATE FUNCTION bound() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
  AS 'SELECT note FROM kids';
ALTER FUNCTION bound() OWNER TO leak_own;
CREATE FUNCTION has_parent(kid uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = public, pg_temp AS 'SELECT EXISTS (SELECT FROM parents p WHERE p.id = kid)';
ALTER POLICY iso ON kids USING (tenant_id = cur() AND has_parent(parent_id));
CREATE FUNCTION mine(wanted text) RETURNS SETOF text LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
  AS 'BEGIN RETURN QUERY SELECT note FROM kids WHERE tenant_id = cur() AND note = wanted; END';
