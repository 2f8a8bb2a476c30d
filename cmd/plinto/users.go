package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/plinto/plinto/core/guess"
	"github.com/plinto/plinto/core/user"
)

func newUsers(s surroundings) *cobra.Command {
	users := &cobra.Command{Use: "users", Short: "Look after the users", Args: cobra.NoArgs}
	users.AddCommand(s.listUsers(), s.showUser(), s.createUser(), s.inviteUser(), s.suspendUser(), s.reactivateUser(), s.unlockUser(), s.deleteUser(),
		s.setAdministrator("grant-admin", "Let a user look after the others", true),
		s.setAdministrator("revoke-admin", "Let a user look after the others no more", false),
		s.importUsers(), s.exportUsers())
	return users
}

// pageSize is how much of a list is asked for at once.
const pageSize = 100

func (s surroundings) listUsers() *cobra.Command {
	var status string
	var lines int
	list := &cobra.Command{
		Use: "list", Short: "List the users, the newest first", Args: cobra.NoArgs,
		RunE: s.composed(func(ctx context.Context, p *program) error {
			if lines < 0 {
				return fmt.Errorf("--lines is %d and must not be negative", lines)
			}
			wanted := user.Status(status)
			if status != "" {
				if _, err := user.ParseStatus(status); err != nil {
					return fmt.Errorf("--status is %q and must be active, inactive, suspended or deleted", status)
				}
			}
			w := tabwriter.NewWriter(s.stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "ID\tEMAIL\tSTATUS\tADMINISTRATOR\tCREATED\tLAST SIGN-IN")
			var last user.ID
			for left := lines; lines == 0 || left > 0; {
				size := pageSize
				if lines > 0 {
					size = min(left, pageSize)
				}
				page, err := p.services.Operators.ListUsers(ctx, wanted, last, size)
				if err != nil {
					return err
				}
				for _, u := range page {
					fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", u.ID, cell(u.Email.String()), u.Status, yes(u.Administrator), instant(&u.CreatedAt), instant(u.LastSignInAt))
					last = u.ID
				}
				if left -= len(page); len(page) < size {
					break
				}
			}
			return w.Flush()
		}),
	}
	list.Flags().StringVar(&status, "status", "", "only those who are active, inactive, suspended or deleted; without it, all but deleted ones")
	list.Flags().IntVarP(&lines, "lines", "n", 100, "how many of the newest; 0 is all")
	return list
}

func (s surroundings) showUser() *cobra.Command {
	return s.aboutUser("show ID|EMAIL", "Show a user", func(ctx context.Context, p *program, u user.User) error {
		guesses, err := p.services.Operators.Guesses(ctx, u.ID)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(s.stdout, 0, 0, 2, ' ', 0)
		for _, line := range [][2]string{
			{"id", u.ID.String()},
			{"email", address(u.Email)},
			{"email verified", yes(u.EmailVerified)},
			{"user name", cell(u.Username.String())},
			{"first name", optional(u.Profile.FirstName)},
			{"last name", optional(u.Profile.LastName)},
			{"status", string(u.Status)},
			{"administrator", yes(u.Administrator)},
			{"created", instant(&u.CreatedAt)},
			{"updated", instant(&u.UpdatedAt)},
			{"last sign-in", instant(u.LastSignInAt)},
			{"wrong passwords", waiting(guesses, p.clock.Now())},
		} {
			fmt.Fprintf(w, "%s\t%s\n", line[0], line[1])
		}
		return w.Flush()
	})
}

// waiting prints how many wrong passwords there were, and until when there may
// be no other.
func waiting(t guess.Tally, now time.Time) string {
	text := strconv.Itoa(t.Failures)
	if t.RetryAt.After(now) {
		text += ", the next one from " + instant(&t.RetryAt)
	}
	return text
}

func (s surroundings) unlockUser() *cobra.Command {
	return s.aboutUser("unlock ID|EMAIL", "Forget the wrong passwords of a user, so that nobody need wait", func(ctx context.Context, p *program, u user.User) error {
		if err := p.services.Operators.Unlock(ctx, u.ID); err != nil {
			return err
		}
		fmt.Fprintf(s.stdout, "%s may sign in at once\n", u.ID)
		return nil
	})
}

func (s surroundings) suspendUser() *cobra.Command {
	var reason string
	suspend := s.aboutUser("suspend ID|EMAIL", "Keep a user from signing in, and end their sessions for good", func(ctx context.Context, p *program, u user.User) error {
		ended, err := p.services.Operators.Suspend(ctx, u.ID, reason)
		if err != nil {
			return err
		}
		fmt.Fprintf(s.stdout, "%s is suspended; %s\n", u.ID, sessionsEnded(ended))
		return nil
	})
	suspend.Flags().StringVar(&reason, "reason", "", "why, for those who read the events")
	return suspend
}

func (s surroundings) reactivateUser() *cobra.Command {
	return s.aboutUser("reactivate ID|EMAIL", "Let a user sign in again", func(ctx context.Context, p *program, u user.User) error {
		if err := p.services.Operators.Reactivate(ctx, u.ID); err != nil {
			return err
		}
		fmt.Fprintf(s.stdout, "%s is active\n", u.ID)
		return nil
	})
}

func (s surroundings) deleteUser() *cobra.Command {
	var yes bool
	var remove *cobra.Command
	remove = s.aboutUser("delete ID|EMAIL", "Erase a user and everything that is stored about them, for good", func(ctx context.Context, p *program, u user.User) error {
		if !yes {
			fmt.Fprintf(s.stderr, "This erases %s, %s, for good. Type yes to do it: ", u.ID, address(u.Email))
			if err := confirmed(remove.InOrStdin()); err != nil {
				return err
			}
		}
		ended, err := p.services.Operators.Erase(ctx, u.ID)
		if err != nil {
			return err
		}
		fmt.Fprintf(s.stdout, "%s is deleted; %s\n", u.ID, sessionsEnded(ended))
		return nil
	})
	remove.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return remove
}

// address prints an address, and how it goes over the wire when that is
// something else: it may look like another's.
func address(e user.Email) string {
	if e.ASCII() == e.String() {
		return cell(e.String())
	}
	return cell(e.String()) + " (" + e.ASCII() + ")"
}

// aboutUser makes a command about the user that its argument names.
func (s surroundings) aboutUser(use, short string, do func(ctx context.Context, p *program, u user.User) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.composed(func(ctx context.Context, p *program) error {
				u, err := p.services.Operators.FindUser(ctx, args[0])
				if err != nil {
					return err
				}
				return do(ctx, p, u)
			})(cmd, args)
		},
	}
}

// yes prints whether something is so.
func yes(so bool) string {
	if so {
		return "yes"
	}
	return "no"
}

// instant prints a time that may be absent.
func instant(at *time.Time) string {
	if at == nil {
		return "-"
	}
	return at.Format(time.RFC3339)
}

// optional prints what a user may have said of themselves.
func optional(s *string) string {
	if s == nil {
		return cell("")
	}
	return cell(*s)
}

// cell prints a text that somebody else chose so that it stays in its place.
func cell(s string) string {
	if s == "" {
		return "-"
	}
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
}
