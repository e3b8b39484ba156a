"""text | html -> a document, one file each.

What parses untrusted text (`markdown`, `sanitise`, `pictures`, `svg`, `html_scan`) runs in the child of `parser_child`;
the server reaches it through `parser_pool` only (docs/decisions/0004).
"""
