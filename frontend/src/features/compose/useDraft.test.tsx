import { act, renderHook } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { emptyDraft } from "./draft";
import { listOthers } from "./draftStore";
import { useDraft } from "./useDraft";

const run = (name: string) => ({
  operationId: name,
  title: name,
  draft: { ...emptyDraft, source: `text of ${name}` },
});

test("after a reload a text that was filled in is still known as untouched, so what was written comes back at once", () => {
  const first = renderHook(useDraft);
  act(() => {
    first.result.current.change({ source: "mine" });
  });
  act(() => {
    first.result.current.fill(run("a"));
  });
  first.unmount();
  const second = renderHook(useDraft);
  act(() => {
    second.result.current.fill(run("a"));
  });
  act(() => {
    second.result.current.bringBack();
  });
  expect(second.result.current.draft.source).toBe("mine");
  expect(second.result.current.filled).toBeNull();
});

/** All that is kept, as it stands there. */
const kept = (): string =>
  Object.keys(localStorage)
    .filter((key) => key.startsWith("pressrun.drafts."))
    .map((key) => localStorage.getItem(key))
    .join();

test("another draft is begun with the same options, and the one before is gone on with", async () => {
  const { result } = renderHook(useDraft);
  act(() => {
    result.current.change({ source: "the first", size: "1080x1080" });
  });
  const first = result.current.id;
  act(() => {
    result.current.begin();
  });
  expect(result.current.draft).toEqual({ ...emptyDraft, size: "1080x1080" });
  act(() => {
    result.current.change({ source: "the second" });
  });
  const [other] = await listOthers(result.current.id);
  expect([other?.id, other?.draft.source]).toEqual([first, "the first"]);
  await act(() => result.current.takeUp(first));
  expect(result.current.draft.source).toBe("the first");
  const texts = (await listOthers(first)).map(({ draft }) => draft.source);
  expect(texts).toEqual(["the second"]);
  expect(await result.current.takeUp("none")).toBe(false);
});

test("a text of a release that kept one for all tabs is there still", () => {
  localStorage.setItem("pressrun.draft", JSON.stringify({ source: "of before" }));
  renderHook(useDraft).unmount();
  expect(kept()).toContain("of before");
  expect(localStorage.getItem("pressrun.draft")).toBeNull();
});

/** A browser that keeps so many characters and no more. */
function smallStorage(room: number): Storage {
  const kept = new Map<string, string>();
  const used = (without: string): number =>
    [...kept].reduce((sum, [key, value]) => sum + (key === without ? 0 : key.length + value.length), 0);
  const storage = {
    get length() {
      return kept.size;
    },
    key: (at: number) => [...kept.keys()][at] ?? null,
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => {
      if (used(key) + key.length + value.length > room) throw new DOMException("full", "QuotaExceededError");
      kept.set(key, value);
    },
    removeItem: (key: string) => kept.delete(key),
    clear: () => {
      kept.clear();
    },
  };
  // what is kept is what has the names, as in a browser
  return new Proxy(storage, {
    ownKeys: () => [...kept.keys()],
    getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
  });
}

test("where there is no room for both, the draft is kept, and nothing of an earlier time beside it", () => {
  const before = localStorage;
  vi.stubGlobal("localStorage", smallStorage(2000));
  try {
    const hook = renderHook(useDraft);
    act(() => {
      hook.result.current.change({ source: "m".repeat(700) });
    });
    act(() => {
      hook.result.current.fill({ ...run("a"), draft: { ...emptyDraft, source: "a".repeat(700) } });
    });
    hook.unmount();
    expect(kept()).toContain("aaa");
    expect(kept()).not.toContain("mmm");
    expect(renderHook(useDraft).result.current.draft.source).toBe("a".repeat(700));
  } finally {
    vi.stubGlobal("localStorage", before); // setup.ts has stubs of its own, which are to stay
  }
});

test("a letter does not write the draft down: only a pause does, and leaving", () => {
  const before = localStorage;
  const storage = smallStorage(2000);
  vi.stubGlobal("localStorage", storage);
  try {
    const hook = renderHook(useDraft);
    const written = vi.spyOn(storage, "setItem");
    for (const source of ["s", "so", "so it", "so it goes"]) {
      act(() => {
        hook.result.current.change({ source });
      });
    }
    expect(written).not.toHaveBeenCalled();
    dispatchEvent(new Event("pagehide"));
    expect(kept()).toContain("so it goes");
    hook.unmount();
  } finally {
    vi.stubGlobal("localStorage", before);
  }
});
