"""Pictures that were captured before, by the hash of what they show and of what draws."""
