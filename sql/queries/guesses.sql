-- name: GuessesOf :one
SELECT * FROM guesses WHERE tenant_id = @tenant_id AND subject = @subject;

-- name: ForgetGuesses :exec
DELETE FROM guesses WHERE tenant_id = @tenant_id AND subject = @subject;
