// puppeteer-cluster: two browsers, each slide a task, with Chromium's fast PNG encoder (which its users have to ask for).
// argv: URL, output folder, slides, Chromium.
import { Cluster } from "puppeteer-cluster";
import puppeteer from "puppeteer";

const [url, out, slides, chromium] = process.argv.slice(2);
const cluster = await Cluster.launch({
  puppeteer,
  concurrency: Cluster.CONCURRENCY_BROWSER,
  maxConcurrency: 2,
  puppeteerOptions: {
    executablePath: chromium,
    headless: "shell",
    args: ["--no-sandbox"],
    defaultViewport: { width: 1920, height: 1080 },
  },
});
cluster.on("taskerror", (error) => {
  console.error(error);
  process.exitCode = 1;
});
await cluster.task(async ({ page, data: number }) => {
  await page.goto(url);
  await page.evaluate((top) => window.scrollTo(0, top), number * 1080);
  const path = `${out}/${String(number + 1).padStart(4, "0")}.png`;
  await page.screenshot({ path, optimizeForSpeed: true, captureBeyondViewport: false });
});
for (let number = 0; number < Number(slides); number++) cluster.queue(number);
await cluster.idle();
await cluster.close();
