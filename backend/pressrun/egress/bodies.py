"""A response's body, inflated and counted piece by piece: a bomb is noticed after its first piece over the limit."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterable

import anyio.lowlevel

from pressrun.errors import FetchFailed

_PIECE_BYTES = 256 * 1024  # inflating as much takes about a millisecond; then others may run
_EITHER_HEADER = zlib.MAX_WBITS | 32  # gzip's or zlib's, as the body says itself

_GZIP = b"\x1f"

ENCODINGS = "gzip, deflate"


class BodyTooBig(FetchFailed):
    """What another host sent is larger than the limit."""


async def read_body(stream: AsyncIterable[bytes], encoding: str, max_bytes: int, host: str) -> bytes:
    """The whole body. Raises: BodyTooBig; FetchFailed when it is not in the encoding it claims, or was cut off."""
    try:
        return await _read(stream, encoding.strip().lower(), max_bytes)
    except _Over as exc:
        raise BodyTooBig(f"{host} sends more than {max_bytes} bytes.") from exc
    except zlib.error as exc:
        raise FetchFailed(f"{host} sends a body that is not compressed as its headers say, or is cut off.") from exc


class _Over(Exception):
    """More bytes than the limit."""


async def _read(stream: AsyncIterable[bytes], encoding: str, max_bytes: int) -> bytes:
    if encoding in ("", "identity"):
        return await _read_plain(stream, max_bytes)
    if encoding in ("gzip", "x-gzip", "deflate"):
        return await _read_inflated(stream, max_bytes)
    raise zlib.error(f"unknown encoding {encoding[:40]!r}")


async def _read_plain(stream: AsyncIterable[bytes], max_bytes: int) -> bytes:
    body = bytearray()
    async for piece in stream:
        body += piece
        _limit(len(body), max_bytes)
    return bytes(body)


async def _read_inflated(stream: AsyncIterable[bytes], max_bytes: int) -> bytes:
    body, received_bytes = bytearray(), 0
    inflater = zlib.decompressobj(_EITHER_HEADER)
    async for piece in stream:
        received_bytes += len(piece)
        _limit(received_bytes, max_bytes)
        left = piece
        while left:
            if inflater.eof:
                if not left.startswith(_GZIP):
                    break  # padding
                inflater = zlib.decompressobj(_EITHER_HEADER)  # gzip may be several members, one after the other
            body += inflater.decompress(left, _PIECE_BYTES)
            _limit(len(body), max_bytes)
            left = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
            await anyio.lowlevel.checkpoint()
    body += b"" if inflater.eof else inflater.flush()  # at most a few hundred bytes were held back
    _limit(len(body), max_bytes)
    if received_bytes and not inflater.eof:
        raise zlib.error("cut off")
    return bytes(body)


def _limit(size_bytes: int, max_bytes: int) -> None:
    if size_bytes > max_bytes:
        raise _Over
