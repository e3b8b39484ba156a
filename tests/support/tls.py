"""A host that speaks TLS, and one that breaks its rules in the middle."""

from __future__ import annotations

import contextlib
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
from anyio.abc import SocketAttribute, SocketStream
from anyio.streams.tls import TLSStream


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, Path]:
    """For a server called `name` (`DNS:…` or `IP:…`), signed by itself, and the file that makes clients trust it."""
    key, signed = folder / "key.pem", folder / "certificate.pem"
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    named = ["-days", "2", "-subj", f"/CN={name.partition(':')[2]}", "-addext", f"subjectAltName={name}"]
    subprocess.run([*make, *named, "-keyout", str(key), "-out", str(signed)], check=True, capture_output=True)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(signed, key)
    return server, signed


@asynccontextmanager
async def open_rude_host(tls: ssl.SSLContext, before: bytes) -> AsyncIterator[int]:
    """Its port. Says `before` as it should, and then what is no record of TLS, to whoever comes."""
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")

    async def rave(stream: SocketStream) -> None:
        async with stream:
            sealed = await TLSStream.wrap(stream, server_side=True, ssl_context=tls)
            await sealed.receive()
            if before:
                await sealed.send(before)
            await stream.send(b"this is no record of TLS")
            with contextlib.suppress(anyio.EndOfStream, anyio.BrokenResourceError):
                await stream.receive()

    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, rave)
        yield listener.extra(SocketAttribute.local_port)
        tasks.cancel_scope.cancel()
