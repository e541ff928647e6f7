-- title: an appointment refers to a professional, student or client of another organization
-- severity: error
-- remedy: find out whose appointment it is, point it at people of that organization, and see why its foreign keys did not refuse it (disabled triggers, a restore)

-- The tables are joined by id alone, so a row that the foreign keys should have refused is found, not lost.
SELECT
  'appointments' AS object,
  format(
    'appointment %s of organization %s: %s %s belongs to organization %s',
    a.id, a.organization_id, person.part, person.id, person.organization_id
  ) AS detail
FROM appointments a
CROSS JOIN LATERAL (
  SELECT 'professional' AS part, u.id, u.organization_id FROM users u WHERE u.id = a.professional_id
  UNION ALL
  SELECT 'student', s.id, s.organization_id FROM students s WHERE s.id = a.student_id
  UNION ALL
  SELECT 'client', u.id, u.organization_id FROM users u WHERE u.id = a.client_id
) person
WHERE person.organization_id <> a.organization_id
ORDER BY a.organization_id, a.id, person.part;
