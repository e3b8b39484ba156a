"""A caller of a soak: posts a run or follows one, leaves when it likes and comes back by its cursor; heeds a no."""

from __future__ import annotations

import random

import httpx

from tests.support.chaos.history import History
from tests.support.chaos.witness import Witness
from tests.support.soak.traffic import Asked

_CONFLICT = 409


class Visitor(Witness):
    """`leaves`: the chance, at each event, that it goes away and comes back within a second or two."""

    def __init__(
        self, name: str, url: str, history: History, chance: random.Random, *, asked: Asked | None = None, leaves: float
    ) -> None:
        body = None if asked is None else asked.body
        super().__init__(name, [url], history, body=body, lane=str((body or {}).get("lane", "default")))
        self.asked = asked
        self.status = 0
        self._chance = chance
        self._leaves = leaves
        if asked is not None and asked.body.get("on_busy") == "replace":
            history.replaced_in.add(self._lane)

    def _refused(self, answer: httpx.Response) -> None:
        self.status = answer.status_code
        assert self.asked is not None
        told = answer.read()
        wanted = self.asked.refused or _CONFLICT
        if answer.status_code != wanted:
            self._history.problems.append(f"{self.name} was answered {answer.status_code}, not {wanted}: {told!r}")
        elif answer.headers["content-type"] != "application/problem+json" or "detail" not in answer.json():
            self._history.problems.append(f"{self.name}: {wanted} without a problem document: {told!r}")
        self.over.set()

    def _listen(self, answer: httpx.Response) -> None:
        self.status = answer.status_code
        operation_id = self.story.operation_id
        if self.asked is not None and not self.story.events:
            if self.asked.may_fail:
                self._history.may_fail[operation_id] = self.asked.may_fail
            if "on_disconnect" in self.asked.body:
                self._history.may_leave.add(operation_id)
        super()._listen(answer)
        answer.close()
        if not self.over.is_set():
            self._give_up.wait(self._chance.uniform(0, 2))

    def _stays(self) -> bool:
        return self._chance.random() >= self._leaves
