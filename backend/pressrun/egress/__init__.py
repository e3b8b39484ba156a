"""The one way out: URL sources, remote pictures and webhooks go through here (SAFETY, "Inside")."""
