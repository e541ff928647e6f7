-- title: a manifest differs from the files it lists
-- severity: error
-- remedy: verify the backup against its destination; where files are missing there, take it out of retention and back up again

SELECT
  'backup_manifests' AS object,
  format(
    'manifest %s of tenant %s, store %s: %s files of %s bytes, but entries of %s files of %s bytes',
    m.id, m.tenant_id, m.store_id, m.files, m.size_bytes, count(e.id), coalesce(sum(e.size_bytes), 0)
  ) AS detail
FROM backup_manifests m
LEFT JOIN manifest_entries e
  ON e.tenant_id = m.tenant_id AND e.store_id = m.store_id AND e.manifest_id = m.id
GROUP BY m.tenant_id, m.store_id, m.id, m.files, m.size_bytes
HAVING m.files <> count(e.id) OR m.size_bytes <> coalesce(sum(e.size_bytes), 0)
ORDER BY m.tenant_id, m.store_id, m.id;
