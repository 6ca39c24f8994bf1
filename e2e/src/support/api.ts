import { waitFor } from './product.js';

/** An answer of the API. */
export interface Answer {
  readonly status: number;
  readonly body: any;
  readonly headers: Headers;
}

/** A client of the public API. */
export class Api {
  readonly url: string;
  token: string | undefined;

  constructor(url: string) {
    this.url = url;
  }

  async call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? undefined : parse(text),
    };
  }

  /** Claims the first account and signs in. */
  async claimAndLogin(setupToken: string, password: string): Promise<void> {
    const claimed = await this.call('POST', '/api/auth/claim', { token: setupToken, password });
    if (claimed.status !== 200) throw new Error(`claim: ${JSON.stringify(claimed.body)}`);
    await this.login(claimed.body.username as string, password);
  }

  async login(username: string, password: string): Promise<void> {
    const answer = await this.call('POST', '/api/auth/login', { username, password, client: 'api' });
    if (answer.status !== 200) throw new Error(`login: ${JSON.stringify(answer.body)}`);
    this.token = answer.body.access_token as string;
  }

  /** The agent of this name. */
  async agentNamed(name: string): Promise<{ id: string; status: string }> {
    const { body } = await this.call('GET', '/api/agents');
    const agent = (body.items as { id: string; name: string; status: string }[]).find(
      (item) => item.name === name,
    );
    if (!agent) throw new Error(`no agent ${name}: ${JSON.stringify(body)}`);
    return agent;
  }

  async waitForStatus(id: string, status: string, timeoutMs = 30_000): Promise<any> {
    let last: unknown;
    return waitFor(
      async () => {
        const { body } = await this.call('GET', `/api/agents/${id}`);
        last = body;
        return body.status === status ? body : undefined;
      },
      { timeoutMs, what: () => `status ${status}; last: ${JSON.stringify(last)}` },
    );
  }

  /** Sends a message and waits for its end. */
  async send(id: string, text: string, sessionKey = 'e2e:1'): Promise<any> {
    const sent = await this.call('POST', `/api/agents/${id}/messages`, { text, session_key: sessionKey });
    if (sent.status !== 202) throw new Error(`send: ${JSON.stringify(sent.body)}`);
    return this.waitForMessage(id, sent.body.id as string);
  }

  async waitForMessage(id: string, messageId: string, timeoutMs = 60_000): Promise<any> {
    let last: unknown;
    return waitFor(
      async () => {
        const { body } = await this.call('GET', `/api/agents/${id}/messages/${messageId}`);
        last = body;
        return ['done', 'failed', 'interrupted'].includes(body.state as string) ? body : undefined;
      },
      { timeoutMs, what: () => `the end of a message; last: ${JSON.stringify(last)}` },
    );
  }

  /** Stored activity, oldest first. */
  async activity(id: string): Promise<any[]> {
    const response = await fetch(`${this.url}/api/agents/${id}/logs?tail=200&follow=false`, {
      headers: { authorization: `Bearer ${this.token ?? ''}` },
    });
    const text = await response.text();
    return text
      .split('\n\n')
      .filter((block) => block.startsWith('event: activity'))
      .map((block) => JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? 'null') as { event: any });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
