"""Every promise of the product, with an id. `test_requirements.py` checks that each has a test and each test a promise.

A test says which promise it keeps with `@pytest.mark.promise("id")`.
"""

from __future__ import annotations

PROMISES = {
    "single-flight": "One accepted run of 200 simultaneous identical submissions.",
    "busy": "Another request is told 409 with the run in the way, its stage, progress and where to follow it.",
    "duplicate": "The same request within the window of a completed run is told 409 `duplicate` and where.",
    "slot-freed": "The slot is freed when the run ends in any way, also when the client left before the first byte.",
    "run-outlives-client": "A run belongs to the engine: it goes on when its client has gone.",
    "no-event-lost": "No event lost, none repeated, in order, for every place a stream can be cut.",
    "one-terminal": "Exactly one terminal event, nothing after it, then the stream ends.",
    "crash": "SIGKILL at any moment: the run goes on from its last finished stage; finished work is not repeated.",
    "crash-loop": "A run that kills its process three times ends as an error and does not loop.",
    "chaos": "After a storm of kills every run has one story, one end and one folder, and nothing is left behind.",
    "fence": "A process that was frozen is taken over from, and writes nothing for its old runs when it thaws.",
    "cancel": "Cancel stops the run within a second, frees the slot and leaves no batch folder.",
    "folder-whole": "A batch folder is complete and its manifest verifies, or it is not there.",
    "folder-own": "Two runs never share a folder, also when they start in the same millisecond.",
    "pictures-while-running": "Each slide can be fetched as soon as its event is out.",
    "policies": "join, queue, replace, run and Idempotency-Key do what CONTRACT says.",
    "shutdown": "SIGTERM with a run in progress: out in time, and the run goes on at the next start.",
    "bad-input": "Bad input gets the status of CONTRACT and names the field and the valid range; the server stays up.",
    "no-leak": "No browser, context, task or file descriptor outlives its run.",
    "sealed": "A page under capture reaches nothing.",
    "browser-dies": "A browser that dies costs no slide: it is captured again, or the run ends as `browser_crashed`.",
    "linear-cost": "A slide costs no more in a document of thousands than in a short one.",
    "all-browsers": "One run is drawn by all browsers that are free, and gives them back when others wait.",
    "seal-proved": "A browser whose pages reach something is found out before a document is shown, and shows none.",
    "captured-once": "A known picture is not captured again; one that a change would alter is never served stale.",
    "remote-pictures": "What a document names on the web is fetched by the egress rules, or a warning names it.",
    "metrics": "What runs, browsers and the cache did is told to Prometheus, and to nobody without a token.",
    "full-disk": "A run on a full disk ends as `disk_full`, its slot is free, and the server heals when there is room.",
    "upgrade": "The data folder of the release before is opened: nothing of it is lost, interrupted runs go on.",
    "retry": "A run that failed or was cancelled goes on from its last finished stage, and its log stays one story.",
    "rerender": "A saved document is shown anew as a run of its own, without AI.",
    "pause": "In a paused lane nobody begins, a paused run is passed by others; both outlive a restart.",
    "history": "What a run was made from, its attempts, stages and log lines can be asked for until it is deleted.",
    "outdated": "A run whose workflow is of an older version ends clearly, holds no slot and can be retried.",
    "webhook": "Whoever asked is told of a run's end at least once, signed and under one id, also over a crash.",
    "retention": "Runs older or larger than configured go with rows, events and files; pinned and active ones never.",
    "processes": "Two servers on one Postgres share guard, log and runs: whichever is asked, the answer is the same.",
    "door": "Who asks nothing keeps nobody out; a full house says so, still has a pulse, and burns nothing.",
    "one-process": "A second server on the same data folder is refused with a clear message.",
}
