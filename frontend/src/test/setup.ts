import { cleanup, configure } from "@testing-library/react";
import { afterEach, vi } from "vitest";
import { access } from "@/api/access";
import "@/lib/language";

// A limit for hangs only: the machine may be slow.
configure({ asyncUtilTimeout: 15_000 });

/** Pages of tests have no layout: whatever is asked about is in sight. */
class EverythingInSight {
  private readonly tell: IntersectionObserverCallback;

  constructor(tell: IntersectionObserverCallback) {
    this.tell = tell;
  }

  observe(): void {
    const entries = [{ isIntersecting: true }] as IntersectionObserverEntry[];
    this.tell(entries, this as unknown as IntersectionObserver);
  }

  disconnect(): void {
    // It has told all that it will tell.
  }
}
vi.stubGlobal("IntersectionObserver", EverythingInSight);

// So that a box that scrolls shows some lines (components/VirtualLines.tsx).
if (typeof HTMLElement !== "undefined") {
  Object.defineProperty(HTMLElement.prototype, "clientHeight", { configurable: true, get: () => 600 });
  Object.defineProperty(HTMLElement.prototype, "clientWidth", { configurable: true, get: () => 800 });
}

afterEach(() => {
  // Tests of the stream run in Node itself, where there is no page to tidy up.
  if (typeof document === "undefined") return;
  cleanup();
  localStorage.clear();
  sessionStorage.clear();
  access.reload();
});

// Pages of tests have no layout, which the editor cannot be without: they see the text area that stands there where its
// code does not come. tests/e2e sees the editor.
vi.mock("@/features/compose/editor/codeEditor", () => {
  throw new Error("not loaded");
});
