// @vitest-environment node
import { expect, test } from "vitest";
import { ProblemError, UnreachableError } from "@/api/problems";
import { lesson, OPERATION_ID } from "@/test/logs";
import { problem, serveLog } from "@/test/logServer";
import { startRun } from "./startRun";

test("a POST asks for no stream, with a quoted key and the header that no foreign page can send", async () => {
  const { seen } = await serveLog(lesson);
  expect(await startRun({ text: "x" }, { idempotencyKey: "3f2a" })).toEqual({
    operationId: OPERATION_ID,
    disposition: "started",
  });
  expect(seen[0]).toMatchObject({ method: "POST", url: "/generate-sse" });
  expect(seen[0]?.headers).toMatchObject({
    "x-pressrun": "1",
    prefer: "respond-async",
    "idempotency-key": '"3f2a"',
    "content-type": "application/json",
  });
});

test.each([409, 413, 415, 422, 503])("a %i is handed on as the server put it", async (status) => {
  await serveLog(lesson, { trouble: problem(status, "because", { "Retry-After": "4" }) });
  const error: unknown = await startRun({ text: "x" }, { idempotencyKey: "k" }).catch(
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ProblemError);
  expect((error as ProblemError).problem).toMatchObject({ status, detail: "because", retry_after_s: 4 });
});

test("a refusal that is no problem document, as of a proxy, still says what happened", async () => {
  await serveLog(lesson, {
    trouble: (_, response) => {
      response.writeHead(502, { "Content-Type": "text/html" }).end("<h1>Bad gateway</h1>");
      return true;
    },
  });
  await expect(startRun({ text: "x" }, { idempotencyKey: "k" })).rejects.toThrow(
    "The server answered 502 Bad Gateway.",
  );
});

test("a connection that is cut before any answer is told apart from a refusal", async () => {
  await serveLog(lesson, {
    trouble: (_, response) => {
      response.destroy();
      return true;
    },
  });
  await expect(startRun({ text: "x" }, { idempotencyKey: "k" })).rejects.toThrow(UnreachableError);
});
