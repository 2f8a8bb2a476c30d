package config

// warnings says which settings do not do what somebody may think.
func warnings(cfg Config) []string {
	var list []string
	for _, unused := range []struct{ name, value string }{
		{"OTEL_EXPORTER_OTLP_ENDPOINT", cfg.Telemetry.Endpoint},
		{"OTEL_SERVICE_NAME", cfg.Telemetry.ServiceName},
	} {
		if unused.value != "" {
			list = append(list, unused.name+" is set and has no effect in this version")
		}
	}
	for _, network := range cfg.Server.TrustedProxies {
		if network.Bits() == 0 {
			list = append(list, "TRUSTED_PROXIES holds "+network.String()+": every client may claim any address")
		}
	}
	if cfg.Environment == Production && cfg.Session.StepUp == 0 {
		list = append(list, "STEP_UP_MINUTES is 0: whoever gets hold of a session needs nothing else to change the account")
	}
	if cfg.KeepsMail() && !isLoopback(cfg.Server.Host) {
		list = append(list, "mails are kept at /dev/mailbox, and HOST is "+cfg.Server.Host+": whoever reaches it can sign in as anybody")
	}
	return list
}
