-- Whoever has an address, a user name or a name that begins so. Keys that begin
-- alike stand between two bounds of an index, so that there is no pattern that
-- anything typed could be a part of.
-- name: SearchUsers :many
SELECT * FROM users
WHERE users.tenant_id = @tenant_id AND users.id < @before
  AND (users.status = @status OR CAST(@any_status AS boolean) AND users.status <> 'deleted')
  AND users.id IN (
      SELECT by_email.id FROM users AS by_email
      WHERE by_email.tenant_id = @tenant_id AND by_email.email_key >= @search_from AND by_email.email_key < @search_to
      UNION ALL
      SELECT by_username.id FROM users AS by_username
      WHERE by_username.tenant_id = @tenant_id AND by_username.username_key >= @search_from AND by_username.username_key < @search_to
      UNION ALL
      SELECT by_first.id FROM users AS by_first
      WHERE by_first.tenant_id = @tenant_id AND by_first.first_name_key >= @search_from AND by_first.first_name_key < @search_to
      UNION ALL
      SELECT by_last.id FROM users AS by_last
      WHERE by_last.tenant_id = @tenant_id AND by_last.last_name_key >= @search_from AND by_last.last_name_key < @search_to
      UNION ALL
      SELECT by_display.id FROM users AS by_display
      WHERE by_display.tenant_id = @tenant_id AND by_display.display_name_key >= @search_from AND by_display.display_name_key < @search_to
  )
ORDER BY users.id DESC
LIMIT @page_size;

-- name: ChangeAdministrator :execrows
UPDATE users
SET administrator = @administrator, updated_at = @updated_at, revision = revision + 1
WHERE tenant_id = @tenant_id AND id = @id AND administrator = @was AND status <> 'deleted';
