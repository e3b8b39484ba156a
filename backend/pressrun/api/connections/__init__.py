"""Sockets and connections: uvicorn with limits of our own, listening, and who must go when it is full."""
