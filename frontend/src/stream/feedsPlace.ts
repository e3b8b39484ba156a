/** Where the feeds of runs are kept while the page lives. Their code comes with the first screen that shows a run. */
import { createContext } from "react";
import type { RunFeeds } from "./runFeeds";
import type { StartedRun } from "./startRun";

export class FeedsPlace {
  private feeds: RunFeeds | null = null;
  private started: StartedRun | null = null;
  private attended = false;
  private leave: (() => void) | undefined;

  /** The feeds of this page; `make` is called once. */
  open(make: () => RunFeeds): RunFeeds {
    if (this.feeds === null) {
      this.feeds = make();
      if (this.started !== null) this.feeds.adopt(this.started);
      if (this.attended) this.leave = this.feeds.attend();
    }
    return this.feeds;
  }

  /** The run that a POST has started: feeds that are made later begin with it. */
  adopt(run: StartedRun): void {
    if (this.feeds === null) this.started = run;
    else this.feeds.adopt(run);
  }

  /** As long as the page lives: until the returned function is called. */
  attend(): () => void {
    this.attended = true;
    this.leave = this.feeds?.attend();
    return () => {
      this.attended = false;
      this.leave?.();
    };
  }
}

export const FeedsPlaceContext = createContext(new FeedsPlace());
