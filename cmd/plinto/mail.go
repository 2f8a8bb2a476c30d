package main

import "github.com/spf13/cobra"

func newMail(s surroundings) *cobra.Command {
	mails := &cobra.Command{Use: "mail", Short: "Look after the mail"}
	mails.AddCommand(mailOutbox(s)...)
	mails.AddCommand(newMailTrial(s))
	return mails
}
