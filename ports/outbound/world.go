package outbound

// World is everything that the use cases need of the world.
type World struct {
	Store       Store
	Limiter     Limiter
	Signer      Signer
	KMS         KMS // nil when no key is kept elsewhere
	Proofs      ProofReader
	Sealer      Sealer
	Hasher      Hasher
	Common      CommonPasswords
	Breached    BreachedPasswords // nil when nobody is asked
	Devices     Devices
	Domains     Domains
	Clock       Clock
	Random      Random
	Identifiers Identifiers
	Mailer      Mailer // nil when no mail is sent
	Letters     Letters
}
