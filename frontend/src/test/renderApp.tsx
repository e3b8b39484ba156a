import { render } from "@testing-library/react";
import userEvent, { type UserEvent } from "@testing-library/user-event";
import { memoryLocation } from "wouter/memory-location";
import { App, newQueries } from "@/app/App";
import { BackContext } from "@/lib/back";

/** The whole front end at a path, and a person to use it. */
export function renderApp(path: string): UserEvent {
  const { hook, searchHook, history, navigate } = memoryLocation({ path, record: true });
  const back = (): void => {
    history.pop();
    navigate(history.at(-1) ?? path, { replace: true });
  };
  render(
    <BackContext value={back}>
      <App location={{ hook, searchHook }} queries={newQueries()} />
    </BackContext>,
  );
  return userEvent.setup();
}
