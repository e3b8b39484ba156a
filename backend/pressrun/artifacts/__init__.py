"""ArtifactStore: staging, manifest, publish."""
