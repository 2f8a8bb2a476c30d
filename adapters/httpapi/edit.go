package httpapi

import (
	"errors"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"

	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/user"
)

// mergePatch is the type of changes by example (RFC 7396).
const mergePatch = "application/merge-patch+json"

// nullable is a member of a request to which null says something.
type nullable interface{ setNull() }

// textEdit is a text of a merge patch: absent leaves it, null removes it.
type textEdit struct{ user.Edit }

// UnmarshalJSON reads a text.
func (e *textEdit) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	e.Edit = user.Set(text)
	return nil
}

func (e *textEdit) setNull() { e.Edit = user.Remove() }

// Schema documents the member.
func (textEdit) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Nullable: true}
}

// objectEdit is an object of a merge patch, of any members.
type objectEdit struct{ user.Edit }

var errNoObject = errors.New("not an object")

// UnmarshalJSON takes the object as it is.
func (e *objectEdit) UnmarshalJSON(data []byte) error {
	if len(data) == 0 || data[0] != '{' {
		return errNoObject
	}
	e.Edit = user.Set(string(data))
	return nil
}

func (e *objectEdit) setNull() { e.Edit = user.Remove() }

// Schema documents the member.
func (objectEdit) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, Nullable: true, AdditionalProperties: true}
}

// notToSet says of fields that exist and cannot be set that they cannot, rather
// than that there are none.
func notToSet(wrong []fault.Field, names ...string) []fault.Field {
	for i, f := range wrong {
		for _, name := range names {
			if f == fault.FieldUnknown.In("body."+name) {
				wrong[i] = fault.FieldNotYours.In("body." + name)
			}
		}
	}
	return wrong
}
