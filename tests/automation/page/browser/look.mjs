// Opens a page as a person would, and says what there is: `node look.mjs PAGE SCREENSHOT SCHEME WIDTH TERM [SUBJECT]`.
// The answer is one JSON object on standard output. The browser is $CHROMIUM, or the one of @sparticuz/chromium.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { brotliDecompressSync } from "node:zlib";
import { chromium } from "playwright-core";

const here = import.meta.dirname;
const require = createRequire(import.meta.url);

// The package starts its browser in AWS Lambda. Here its files are unpacked as they are, with their own fonts.
function bundled() {
  const folder = join(here, "node_modules", ".chromium");
  const packed = join(here, "node_modules", "@sparticuz", "chromium", "bin");
  if (!existsSync(folder)) {
    const part = `${folder}.${process.pid}`;
    mkdirSync(part);
    for (const name of ["chromium", "al2023.tar", "fonts.tar", "swiftshader.tar"]) {
      const file = join(part, name);
      writeFileSync(file, brotliDecompressSync(readFileSync(join(packed, `${name}.br`))), { mode: 0o755 });
      if (name.endsWith(".tar")) execFileSync("tar", ["-xf", file, "-C", part]);
    }
    writeFileSync(
      join(part, "fonts.conf"),
      `<?xml version="1.0"?><fontconfig><dir>${folder}/fonts</dir><cachedir>${folder}/cache</cachedir></fontconfig>`,
    );
    try {
      renameSync(part, folder);
    } catch (error) {
      if (!existsSync(folder)) throw error; // another process was faster
      rmSync(part, { recursive: true });
    }
  }
  return {
    executablePath: join(folder, "chromium"),
    env: { ...process.env, LD_LIBRARY_PATH: join(folder, "lib"), FONTCONFIG_FILE: join(folder, "fonts.conf") },
  };
}

const [file, screenshot, colorScheme, width, term, policy] = process.argv.slice(2);
const program = process.env.CHROMIUM ? { executablePath: process.env.CHROMIUM } : bundled();
const browser = await chromium.launch({ ...program, args: ["--no-sandbox", "--disable-gpu"], timeout: 60_000 });
const page = await browser.newPage({ colorScheme, viewport: { width: Number(width), height: 900 } });
page.setDefaultTimeout(20_000);
const errors = [];
const requests = [];
page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
page.on("pageerror", (error) => errors.push(error.message));
page.on("request", (request) => requests.push(request.url()));
await page.goto(pathToFileURL(file).href);

const shown = (selector) =>
  page.$$eval(selector, (found) => found.filter((each) => each.checkVisibility()).map((each) => each.textContent.trim()));
const accounts = () => shown("li.account > details > summary > .name");
const focused = () =>
  page.evaluate(() => {
    const at = document.activeElement;
    return at.labels?.[0]?.textContent ?? at.ariaLabel ?? at.textContent.trim().replace(/\s+/g, " ");
  });

const answer = { title: await page.title(), colors: {}, tab: [] };
answer.colors = await page.evaluate(() => {
  const style = getComputedStyle(document.body);
  return { text: style.color, page: style.backgroundColor };
});
answer.overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
await page.screenshot({ path: screenshot, fullPage: true });
for (let times = 0; times < 12; times += 1) {
  await page.keyboard.press("Tab");
  answer.tab.push(await focused());
}
answer.roles = {
  search: await page.getByRole("searchbox", { name: "Search accounts, roles, people, policies" }).count(),
  navigation: await page.getByRole("navigation", { name: "Sections" }).count(),
  tables: await page.getByRole("table", { name: "Who may assume which role, and in which accounts" }).count(),
  headings: await page.getByRole("heading", { level: 2 }).allTextContents(),
};

// By keyboard alone: search, see what is found, open it, and come back.
answer.before = await accounts();
await page.locator("body").press("/");
await page.keyboard.type(term);
answer.found = { accounts: await accounts(), said: await page.textContent("#found"), rows: await shown("#matrix tbody tr") };
if (answer.found.accounts.length) {
  const first = page.locator("li.account:not([hidden]) > details > summary").first();
  await first.focus();
  await page.keyboard.press("Enter");
  answer.found.opened = await shown("li.account:not([hidden]) table tbody tr");
  answer.found.accessibility = await page.locator("li.account:not([hidden])").first().ariaSnapshot();
}
await page.screenshot({ path: screenshot.replace(".png", "-found.png") });
await page.focus("#search");
await page.keyboard.press("Escape");
answer.after = await accounts();

if (policy) {
  await page.locator(`#organization a`, { hasText: policy }).first().click();
  await page.waitForSelector("details.policy[open]");
  answer.policy = await shown(`details.policy[open] pre`);
  answer.focus = await focused();
}

// With everything open, for nothing hidden is checked. https://github.com/dequelabs/axe-core
await page.click("#open-all");
for (const each of await page.$$("details.policy")) await each.evaluate((element) => (element.open = true));
// Not as a script of the page, which the page forbids itself.
await page.evaluate(readFileSync(require.resolve("axe-core/axe.min.js"), "utf8"));
const checked = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
answer.violations = checked.violations.map(({ id, help, nodes }) => ({ id, help, where: nodes[0].html.slice(0, 200) }));
answer.passes = checked.passes.length;
answer.errors = errors;
answer.requests = requests;
await browser.close();
console.log(JSON.stringify(answer));
