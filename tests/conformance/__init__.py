"""The wire contract, against any server: `make conformance URL=http://host:port [TOKEN=…]`, our own when none is named.

Nothing here imports the product. Every test uses a lane of its own, so a server that is at work does not mind.
"""
