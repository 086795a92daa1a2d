/** A real Chromium: found at CHROMIUM_PATH or where systems keep it. */
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const PLACES = [
	process.env.CHROMIUM_PATH,
	"/usr/bin/chromium",
	"/usr/bin/chromium-browser",
	"/usr/bin/google-chrome",
	"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
	"/Applications/Chromium.app/Contents/MacOS/Chromium",
];

export const CHROMIUM = PLACES.find((place) => place !== undefined && existsSync(place));

const NOT_FOUND = "No Chromium was found, so the browser tests did NOT run. Install one, or set CHROMIUM_PATH to it.";

/** Why the browser tests are skipped, or null. Under CI they are never skipped: they fail. */
export function whyNoBrowser(): string | null {
	if (CHROMIUM !== undefined) return null;
	if (process.env.CI === "true") throw new Error(NOT_FOUND);
	console.warn(`\n*** ${NOT_FOUND} ***\n`);
	return NOT_FOUND;
}

/**
 * Features of the browser's own window that no test looks at. Each window, and each context has one, drew the popups of
 * its address bar as pages of their own: more of a core than the page under test took.
 */
const UNSEEN = ["WebUIOmniboxPopup", "WebUIOmniboxAimPopup"];
/**
 * What playwright-core 1.65.1 does without, and of these what a Chromium on Linux or macOS knows: of two such flags the
 * last one holds, so they are said again.
 */
const WITHOUT = [
	"AvoidUnnecessaryBeforeUnloadCheckSync",
	"DestroyProfileOnBrowserClose",
	"HttpsUpgrades",
	"HttpsFirstBalancedModeAutoEnable",
	"LensOverlay",
	"MediaRouter",
	"PaintHolding",
	"ThirdPartyStoragePartitioning",
	"AvoidCorsURLLoaderRestartOnRedirect",
	"OptimizationHints",
	"NetworkTimeServiceQuerying",
	"AimEnabled",
	"PreconnectToSearch",
];

/**
 * `hosts`: names that lead to this machine, as other sites' do elsewhere. `without`: of the flags that are given to a
 * browser under test, those that people's browsers do not have.
 */
export function launch(hosts: readonly string[] = [], without: string[] = []): Promise<Browser> {
	return chromium.launch({
		ignoreDefaultArgs: without,
		...(CHROMIUM === undefined ? {} : { executablePath: CHROMIUM }),
		args: [
			...(hosts.length === 0
				? []
				: [`--host-resolver-rules=${hosts.map((host) => `MAP ${host} 127.0.0.1`).join(",")}`]),
			"--no-sandbox",
			"--disable-gpu",
			"--disable-quic",
			"--no-first-run",
			"--disable-background-networking",
			"--disable-component-update",
			"--disable-sync",
			`--disable-features=${[...WITHOUT, ...UNSEEN].join(",")}`,
		],
	});
}
