package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/plinto/plinto/adapters/system"
	"github.com/plinto/plinto/core/mail"
	"github.com/plinto/plinto/ports/outbound"
)

// newMailTrial sends one mail as it is configured, past the outbox: it needs no
// database, so mail can be tried before anything else is there.
func newMailTrial(s surroundings) *cobra.Command {
	var locale string
	trial := &cobra.Command{
		Use: "test ADDRESS", Short: "Send a test mail, and tell what became of it", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, _, err := s.load()
			if err != nil {
				return err
			}
			if !c.HasMail() || c.KeepsMail() {
				return errors.New("no mail leaves here: set EMAIL_ENABLED and a provider")
			}
			p, err := openPost(c, system.Clock{})
			if err != nil {
				return err
			}
			letter, err := p.letters.Write(mail.Trial, locale, nil)
			if err != nil {
				return err
			}
			m := outbound.Message{
				ID: system.Identifiers{}.New(), Kind: mail.Trial, To: args[0], Subject: letter.Subject, Text: letter.Text, HTML: letter.HTML, Locale: letter.Locale,
			}
			if err := p.mailer.Send(cmd.Context(), m, func() error { return nil }); err != nil {
				return fmt.Errorf("the mail did not leave by %s: %w", c.Email.Provider, err)
			}
			fmt.Fprintf(s.stdout, "%s took mail %s over. Whether it arrives, its reader can tell.\n", c.Email.Provider, m.ID)
			return nil
		},
	}
	trial.Flags().StringVar(&locale, "locale", "", "language of the mail, such as es; the default one without")
	return trial
}
