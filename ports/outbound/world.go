package outbound

// World is everything that the use cases need of the world.
type World struct {
	Store       Store
	Limiter     Limiter
	Signer      Signer
	Proofs      ProofReader
	Sealer      Sealer
	Hasher      Hasher
	Devices     Devices
	Clock       Clock
	Random      Random
	Identifiers Identifiers
}
