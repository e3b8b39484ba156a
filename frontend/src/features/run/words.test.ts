import { expect, test } from "vitest";
import { REMEDIES } from "@/api/remedies.gen";
import type { ErrorCode } from "@/api/types";
import { say } from "@/lib/language";
import { advice } from "./words";

test.each(Object.entries(REMEDIES))("what helps with %s is in the words of the server", (code, remedy) => {
  expect(advice(code as ErrorCode, false)?.replace(/[“”]/g, "`")).toBe(say(remedy));
});

test("of a code that nobody here knows it is said whether it may pass", () => {
  expect(advice("a_newer_one" as ErrorCode, true)).toBe("This may pass: generate it again.");
  expect(advice("a_newer_one" as ErrorCode, false)).toBeNull();
});
