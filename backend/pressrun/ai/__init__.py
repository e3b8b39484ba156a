"""OpenAI-compatible chat completions: a text becomes a body of HTML.

Owns the wire to the endpoint, the built-in rules, the cutting of long texts, the check of what came back and the
cache of answers. Does not own the document around the body: that is the pipeline's.
"""
