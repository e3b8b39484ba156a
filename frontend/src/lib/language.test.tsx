import { screen, waitFor } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { serveLog } from "@/test/logServer";
import { lesson } from "@/test/logs";
import { renderApp } from "@/test/renderApp";
import {
  formatBytes,
  formatDuration,
  formatElapsed,
  formatWhen,
  number,
  percent,
  slideCount,
} from "./format";
import { beginToSpeak, chooseLanguage, chosenLanguage, firstSpoken } from "./language";

afterEach(async () => {
  await chooseLanguage("en");
});

test("the first language of the browser that this page speaks is spoken", () => {
  expect(firstSpoken(["fr-FR", "ne-NP", "en"])).toBe("ne");
  expect(firstSpoken(["ar-MA"])).toBe("ar");
  expect(firstSpoken(["zh-CN"])).toBe("zh");
  expect(firstSpoken(["zh-TW", "de"])).toBe("de"); // who reads traditional characters is not given simplified ones
  expect(firstSpoken(["not a tag", "eo"])).toBe("en");
});

test("the choice is kept, and what the page says of itself follows it", async () => {
  await chooseLanguage("ar");
  expect([document.documentElement.lang, document.documentElement.dir]).toEqual(["ar", "rtl"]);
  await chooseLanguage("hi");
  expect([document.documentElement.lang, document.documentElement.dir]).toEqual(["hi", "ltr"]);
  expect(chosenLanguage()).toBe("hi");
  await beginToSpeak();
  expect(slideCount(2)).toBe("2 स्लाइडें");
  await chooseLanguage(null);
  expect(chosenLanguage()).toBeNull();
});

test("numbers, durations and dates are those of the language", async () => {
  await chooseLanguage("de");
  expect([number(9036), percent(42), formatDuration(0.42), formatBytes(1_200_000)]).toEqual([
    "9.036",
    "42 %",
    "0,4 s",
    "1,2 MB",
  ]);
  const now = Date.UTC(2026, 10, 21, 12);
  expect(formatWhen(new Date(now - 600_000).toISOString(), now)).toBe("vor 10 Minuten");
  await chooseLanguage("ne");
  expect(formatElapsed(75)).toBe("१:१५");
});

test("Arabic has a form for none, one, two, few and many", async () => {
  await chooseLanguage("ar");
  const digits = (text: string): string =>
    text.replace(/[٠-٩]/g, (digit) => String("٠١٢٣٤٥٦٧٨٩".indexOf(digit)));
  expect([0, 1, 2, 3, 11, 100].map(slideCount).map(digits)).toEqual([
    "لا شرائح",
    "شريحة واحدة",
    "شريحتان",
    "3 شرائح",
    "11 شريحة",
    "100 شريحة",
  ]);
});

test("every word of a screen changes at once, and what was written stays", async () => {
  await serveLog(lesson);
  const user = renderApp("/");
  await user.type(await screen.findByRole("textbox", { name: "Source" }), "A lesson");
  await user.selectOptions(screen.getByRole("combobox", { name: "Language" }), "Deutsch");
  const source = await screen.findByRole<HTMLTextAreaElement>("textbox", { name: "Quelle" });
  expect(source.value).toBe("A lesson");
  expect(screen.getByRole("button", { name: "Erstellen" })).toBeDefined();
  await waitFor(() => {
    expect(document.documentElement.lang).toBe("de");
  });
  await user.selectOptions(screen.getByRole("combobox", { name: "Sprache" }), "English");
  expect(await screen.findByRole("button", { name: "Generate" })).toBeDefined();
});
