import { pathToFileURL } from 'node:url';
import { chromium as driver, type Page, type Browser as PlaywrightBrowser } from 'playwright-core';
import { chromium } from './engine-name.js';

/** Of one window. */
export interface BrowserOptions {
  readonly width?: number;
  readonly colorScheme?: 'light' | 'dark';
  readonly runsScripts?: boolean;
}

/** A page in a window of its own, and what it has done that it must not. */
export interface OpenPage {
  readonly page: Page;
  /** What it has asked for, itself included. */
  readonly requests: readonly string[];
  /** What the console was told, breaches of its policy among it, and what was thrown and asked in dialogs. */
  readonly complaints: readonly string[];
}

/** Debian's Chromium, without a window that can be seen, and without a network but for 127.0.0.1. */
export class Browser {
  readonly #browser: PlaywrightBrowser;
  readonly #complaints: string[] = [];

  private constructor(browser: PlaywrightBrowser) {
    this.#browser = browser;
  }

  static async start(): Promise<Browser> {
    const args = [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
      '--autoplay-policy=no-user-gesture-required',
      '--mute-audio',
    ];
    return new Browser(await driver.launch({ executablePath: chromium, headless: true, args }));
  }

  /**
   * Opens a file, which gets nothing from any network, or an `http:` URL; resolves once that is loaded, media that it
   * plays aside.
   */
  async open(target: string, options: BrowserOptions = {}): Promise<OpenPage> {
    const { width = 1_280, colorScheme = 'light', runsScripts = true } = options;
    const isUrl = target.startsWith('http:');
    const context = await this.#browser.newContext({
      viewport: { width, height: 900 },
      colorScheme,
      offline: !isUrl,
      javaScriptEnabled: runsScripts,
    });
    const page = await context.newPage();
    const requests: string[] = [];
    const complaints: string[] = [];
    const complain = (text: string): void => {
      complaints.push(text);
      this.#complaints.push(text);
    };
    page.on('request', (request) => requests.push(request.url()));
    page.on('console', (message) => complain(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => complain(String(error)));
    page.on('dialog', (dialog) => {
      complain(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    if (isUrl) await page.goto(target, { waitUntil: 'domcontentloaded' });
    else await page.goto(pathToFileURL(target).href);
    return { page, requests, complaints };
  }

  describe(): string {
    return ['chromium:', ...this.#complaints].join('\n  ');
  }

  stop(): Promise<void> {
    return this.#browser.close();
  }
}
