import { createMemoryHistory } from "@tanstack/react-router";
import { render } from "@testing-library/react";
import userEvent, { type UserEvent } from "@testing-library/user-event";
import { App } from "@/app/App";

/** The whole front end at a path, and a person to use it. */
export function renderApp(path: string): UserEvent {
  render(<App history={createMemoryHistory({ initialEntries: [path] })} />);
  return userEvent.setup();
}
