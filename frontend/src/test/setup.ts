import { cleanup, configure } from "@testing-library/react";
import { afterEach } from "vitest";
import { access } from "@/api/access";

// A limit for hangs only: the machine may be slow.
configure({ asyncUtilTimeout: 15_000 });

afterEach(() => {
  // Tests of the stream run in Node itself, where there is no page to tidy up.
  if (typeof document === "undefined") return;
  cleanup();
  localStorage.clear();
  sessionStorage.clear();
  access.reload();
});
