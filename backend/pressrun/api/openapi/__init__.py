"""The wire, described: the OpenAPI document and the page made of it."""
