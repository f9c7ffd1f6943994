import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A page on a web server of its own, on 127.0.0.1; what else browsers ask for, as icons, is empty. */
export class WebPage {
  readonly url: string;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }

  static async listen(html: string): Promise<WebPage> {
    const server = createServer((request, response) => {
      if (request.url !== '/') response.writeHead(204).end();
      else response.setHeader('content-type', 'text/html; charset=utf-8').end(html);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new WebPage(server);
  }

  describe(): string {
    return `page: ${this.url}`;
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}
