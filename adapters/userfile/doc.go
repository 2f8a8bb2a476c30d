// Package userfile owns the format of files of users: UTF-8 text, one JSON object
// a line (NDJSON). It refuses to judge what is in them.
//
// The members are those of a user in the HTTP API, and password_hash; all but
// email may be left out:
//
//	{"id":"0198…","email":"ann@example.com","email_verified":true,"username":"ann",
//	 "first_name":"Ann","last_name":"Lee","display_name":"Ann","profile_image_url":"https://…",
//	 "phone_number":"+43…","timezone":"Europe/Vienna","locale":"de-AT","user_metadata":{"plan":"pro"},
//	 "status":"active","created_at":"2024-05-01T09:00:00Z","updated_at":"…","last_sign_in_at":"…",
//	 "password_hash":"$2b$12$…"}
//
// In the place of password_hash, what Firebase exports of a user may stand as
// it is:
//
//	"firebase":{"hash":"…","salt":"…"}
//
// Then what Firebase tells of the project stands on the first line, alone:
//
//	{"firebase_project":{"signer_key":"…","salt_separator":"Bw==","rounds":8,"mem_cost":14}}
//
// What is unknown is refused, and so is a name that stands twice in one object.
package userfile
