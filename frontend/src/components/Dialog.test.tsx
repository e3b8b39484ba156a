import { createEvent, fireEvent, render, screen } from "@testing-library/react";
import { useState } from "react";
import { expect, test } from "vitest";
import { Dialog } from "./Dialog";

function Asking() {
  const [asking, setAsking] = useState(true);
  const close = (): void => {
    setAsking(false);
  };
  return asking ? (
    <Dialog title="Sure?" onClose={close}>
      <input type="file" aria-label="File" />
    </Dialog>
  ) : null;
}

test("Esc has closed the dialog before the browser does, so that no key falls between", () => {
  render(<Asking />);
  const dialog = screen.getByRole("dialog", { name: "Sure?" });
  const nothingChosen = createEvent("cancel", screen.getByLabelText("File"), { bubbles: true });
  fireEvent(screen.getByLabelText("File"), nothingChosen);
  expect(screen.getByRole("dialog")).toBe(dialog);
  const escape = createEvent("cancel", dialog, { cancelable: true });
  fireEvent(dialog, escape);
  expect(escape.defaultPrevented).toBe(true);
  expect(screen.queryByRole("dialog")).toBeNull();
});
