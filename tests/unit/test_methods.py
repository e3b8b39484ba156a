"""`Allow` says what the path takes: all of it, and nothing else."""

from __future__ import annotations

import pytest

from pressrun.api.methods import methods_of
from pressrun.api.routes import build_routes

RUN = "/runs/01a1fd69-b6c9-7000-b91a-a8fa6c42d2c5"


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/generate-sse", "POST"),
        (RUN, "DELETE GET HEAD"),
        (f"{RUN}/pin", "DELETE PUT"),
        ("/runs/current", "GET HEAD"),
        ("/nowhere", ""),
    ],
)
def test_every_method_of_a_path_is_named_over_all_its_routes(path: str, methods: str) -> None:
    assert " ".join(methods_of(build_routes(), path)) == methods
