package config

// unavailable refuses what asks for a feature that this version does not have:
// ignoring it would let somebody rely on what is not there. A feature that
// arrives takes its line out.
func (f *findings) unavailable(cfg Config) {
	for _, feature := range []struct {
		name  string
		asked bool
		right string
	}{
		{"ENABLE_ORGANIZATIONS", cfg.Features.Organizations, "leave it at false"},
		{"ENABLE_WEBHOOKS", cfg.Features.Webhooks, "leave it at false"},
		{"ENABLE_AUDIT", cfg.Features.Audit, "leave it at false"},
		{"ENABLE_SCIM", cfg.Features.SCIM, "leave it at false"},
		{"ENABLE_MFA", cfg.Features.MFA, "leave it at false"},
		{"ENABLE_SSO", cfg.Features.SSO, "leave it at false"},
		{"ENABLE_OAUTH", cfg.Features.OAuth, "leave it at false"},
		{"DATABASE_REPLICA_URLS", len(cfg.Database.ReplicaURLs) > 0, "leave it out"},
	} {
		f.require(!feature.asked, feature.name, "asks for what is not available in this version; %s", feature.right)
	}
}
