import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { fireEvent, render, screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { OUTPUTS } from "@/api/choices";
import { DEFAULTS, THEMES } from "@/api/tables.gen";
import { type Draft, emptyDraft, KINDS, toRequest } from "./draft";
import { Options } from "./Options";

const start: Draft = { ...emptyDraft, source: "# A lesson", outputs: [...OUTPUTS] };

type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

const keyOf = ({ name, id }: Control): string => (name === "" ? id : name);
const isChosen = (control: Control): boolean => control instanceof HTMLInputElement && control.checked;

/** One of those that go by a name; among radio buttons one that is not chosen. */
function controlOf(container: HTMLElement, key: string): Control | undefined {
  const group = controlsOf(container).filter((control) => keyOf(control) === key);
  return group.find((control) => !isChosen(control)) ?? group[0];
}

const controlsOf = (container: HTMLElement): Control[] => [
  ...container.querySelectorAll<Control>("input, select, textarea"),
];

/** Something else than what it says. */
function alter(control: Control): void {
  if (control instanceof HTMLSelectElement) {
    const other = [...control.options].find(({ value }) => value !== control.value && value !== "");
    fireEvent.change(control, { target: { value: other?.value } });
  } else if (control.type === "radio" || control.type === "checkbox") {
    fireEvent.click(control);
  } else if (control.type === "file") {
    const picture = new File([Uint8Array.of(1, 2, 3)], "a.png", { type: "image/png" });
    Object.defineProperty(control, "files", { value: [picture], configurable: true });
    fireEvent.change(control);
  } else {
    const value = control.type === "color" ? "#123456" : "7";
    fireEvent.change(control, { target: { value } });
  }
}

test("every field that a request of the server may have is reached by a control of the form", async () => {
  const queries = new QueryClient();
  queries.setQueryData(
    ["themes"],
    THEMES.map((theme) => ({ ...theme, preview_url: null })),
  );
  const usual: Record<string, unknown> = { ...toRequest(start) };
  const reached = new Set<string>();
  const onChange = (change: Partial<Draft>): void => {
    const request: Record<string, unknown> = { ...toRequest({ ...start, ...change }) };
    for (const name of new Set([...Object.keys(usual), ...Object.keys(request)])) {
      if (JSON.stringify(usual[name]) !== JSON.stringify(request[name])) reached.add(name);
    }
  };
  const { container } = render(
    <QueryClientProvider client={queries}>
      <Options draft={start} problems={{}} onChange={onChange} />
    </QueryClientProvider>,
  );
  for (const folded of container.querySelectorAll("details")) {
    folded.open = true;
    fireEvent(folded, new Event("toggle"));
  }
  await screen.findByText("The run");
  for (const key of new Set(controlsOf(container).map(keyOf))) {
    const control = controlOf(container, key);
    if (control === undefined) continue;
    const before = reached.size;
    alter(control);
    if (control.type !== "file") continue;
    await vi.waitFor(() => {
      expect(reached.size, `nothing came of the file of ${key}`).toBeGreaterThan(before); // read in its own time
    }, 15_000);
  }
  const fields = Object.keys(DEFAULTS).filter((name) => !(KINDS as readonly string[]).includes(name));
  expect(fields.filter((name) => !reached.has(name))).toEqual([]);
}, 120_000); // for hangs: some sixty controls
