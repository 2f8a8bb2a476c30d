package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/plinto/plinto/core/credential"
	"github.com/plinto/plinto/core/fault"
	"github.com/plinto/plinto/core/user"
	"github.com/plinto/plinto/ports/inbound"
)

func (s surroundings) createUser() *cobra.Command {
	var wanted inbound.Provision
	var username, firstName, lastName string
	var fromInput bool
	create := &cobra.Command{
		Use: "create --email EMAIL", Short: "Make an account, with an invitation by mail or with a password", Args: cobra.NoArgs,
		Long: "Makes an account. Where mail is sent, its owner is invited to give it a password,\n" +
			"unless --password-stdin is given. Where none is, the password is asked for on a\n" +
			"terminal. It is never an argument: other users of the machine see those.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.composed(func(ctx context.Context, p *program) error {
				for _, part := range []struct {
					text string
					edit *user.Edit
				}{{username, &wanted.Edits.Username}, {firstName, &wanted.Edits.FirstName}, {lastName, &wanted.Edits.LastName}} {
					if part.text != "" {
						*part.edit = user.Set(part.text)
					}
				}
				if err := wrong(p.services.Directory.CheckCreate(wanted.NewUser)); err != nil {
					return err
				}
				var err error
				switch {
				case fromInput:
					wanted.Password, err = readPassword(cmd.InOrStdin())
				case !p.config.HasMail():
					wanted.Password, err = s.askPassword(cmd.InOrStdin())
				}
				if err != nil {
					return err
				}
				return s.create(ctx, p, wanted)
			})(cmd, args)
		},
	}
	flags := create.Flags()
	flags.StringVar(&wanted.Email, "email", "", "the e-mail address")
	flags.StringVar(&username, "username", "", "a user name to sign in by as well")
	flags.StringVar(&firstName, "first-name", "", "the first name")
	flags.StringVar(&lastName, "last-name", "", "the last name")
	flags.BoolVar(&wanted.Administrator, "admin", false, "let the user look after the others")
	flags.BoolVar(&fromInput, "password-stdin", false, "read the password from the first line of the standard input, and invite nobody")
	if err := create.MarkFlagRequired("email"); err != nil {
		panic(err) // only for a flag that is not declared
	}
	return create
}

func (s surroundings) create(ctx context.Context, p *program, wanted inbound.Provision) error {
	if err := wrong(p.services.Provisioning.CheckProvision(wanted)); err != nil {
		return err
	}
	u, err := p.services.Provisioning.Create(ctx, wanted)
	if err != nil {
		return err
	}
	what := "a user"
	if u.Administrator {
		what = "an administrator"
	}
	if wanted.Password.Reveal() == "" {
		what += "; an invitation is on its way"
	}
	fmt.Fprintf(s.stdout, "%s is %s\n", u.ID, what)
	return nil
}

// wrong says all that is wrong with what was asked for.
func wrong(fields []fault.Field) error {
	var all []error
	for _, f := range fields {
		all = append(all, fmt.Errorf("%s: %s", strings.ReplaceAll(f.Name, "_", "-"), f.Message))
	}
	return errors.Join(all...)
}

// longestLine is more than any password may have, in bytes.
const longestLine = 4 << 10

var errNoPassword = errors.New("no password was given")

// readPassword takes the first line as it is, without its end.
func readPassword(in io.Reader) (credential.Password, error) {
	line, err := bufio.NewReader(io.LimitReader(in, longestLine)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return credential.Password{}, fmt.Errorf("read the password: %w", err)
	}
	line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
	if line == "" {
		return credential.Password{}, errNoPassword
	}
	return credential.NewPassword(line), nil
}

// askPassword asks for a password twice, on a terminal that does not show it.
func (s surroundings) askPassword(in io.Reader) (credential.Password, error) {
	file, ok := in.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return credential.Password{}, errors.New("no mail is sent here, so the account needs a password: give it with --password-stdin")
	}
	var given [2]string
	for i, prompt := range []string{"Password: ", "Once more: "} {
		fmt.Fprint(s.stderr, prompt)
		line, err := term.ReadPassword(int(file.Fd()))
		fmt.Fprintln(s.stderr)
		if err != nil {
			return credential.Password{}, fmt.Errorf("read the password: %w", err)
		}
		given[i] = string(line)
	}
	switch {
	case given[0] == "":
		return credential.Password{}, errNoPassword
	case given[0] != given[1]:
		return credential.Password{}, errors.New("the two passwords are not the same")
	}
	return credential.NewPassword(given[0]), nil
}

func (s surroundings) inviteUser() *cobra.Command {
	return s.aboutUser("invite ID|EMAIL", "Send the invitation of an account anew", func(ctx context.Context, p *program, u user.User) error {
		if err := p.services.Provisioning.Invite(ctx, u.ID); err != nil {
			return err
		}
		fmt.Fprintf(s.stdout, "%s is invited\n", u.ID)
		return nil
	})
}

func (s surroundings) setAdministrator(name, short string, to bool) *cobra.Command {
	return s.aboutUser(name+" ID|EMAIL", short, func(ctx context.Context, p *program, u user.User) error {
		if err := p.services.Provisioning.SetAdministrator(ctx, u.ID, to); err != nil {
			return err
		}
		what := "no administrator any more"
		if to {
			what = "an administrator"
		}
		fmt.Fprintf(s.stdout, "%s is %s\n", u.ID, what)
		return nil
	})
}
