import { pipeline } from 'node:stream/promises';
import type { AgentFiles } from '../../agents/agent-files.js';
import { archiveFolder } from '../../agents/folder-archive.js';
import { ApiError } from '../../errors/api-error.js';
import { attachment } from '../attachment.js';
import { ref } from '../components.js';
import type { Route } from '../route.js';
import { object, type } from '../schemas.js';

const MAX_FILE_BYTES = 10 * 1024 * 1024;

/**
 * Routes of the workspace browser. All go through policy-fs with the zones as the agent has them: a path that leads
 * elsewhere is refused here as it is for the agent.
 */
export function workspaceRoutes({ files }: { readonly files: AgentFiles }): Route[] {
  return [
    {
      method: 'get',
      path: '/api/agents/{id}/workspace',
      tag: 'workspace',
      summary: 'Lists the tree of the workspace (or of profiles with `root=profiles`).',
      access: { action: 'workspace:read', on: 'agent' },
      query: {
        properties: {
          root: { type: 'string', maxLength: 4096, description: '`workspace` by default.' },
          max_depth: { type: 'integer', minimum: 1, maximum: 32 },
        },
      },
      responses: {
        200: {
          description: 'The tree; `truncated` when there is more than is listed.',
          schema: object({ items: { type: 'array', items: ref('TreeEntry') }, truncated: type('boolean') }),
        },
      },
      errors: ['FILE_REFUSED'],
      handle: async ({ agent, query }) => {
        const { root = 'workspace', max_depth: maxDepth = 6 } = query as {
          root?: string;
          max_depth?: number;
        };
        const fs = await files.workspace(agent.id);
        const items = await fs.tree(root, { maxDepth });
        return { json: { items, truncated: items.truncated ?? false } };
      },
    },
    {
      method: 'get',
      path: '/api/agents/{id}/workspace/{path*}',
      tag: 'workspace',
      summary: 'Reads a file as text or, with `download=true`, as it is; lists a directory.',
      access: { action: 'workspace:read', on: 'agent' },
      query: { properties: { download: { type: 'boolean' } } },
      responses: {
        200: {
          description: 'The file with its ETag, or the directory.',
          schema: { oneOf: [ref('TextFile'), ref('Directory')] },
        },
      },
      errors: ['FILE_REFUSED', 'BINARY_FILE', 'PAYLOAD_TOO_LARGE'],
      handle: async ({ agent, params, query }) => {
        const path = filePath(params);
        const fs = await files.workspace(agent.id);
        if ((await fs.stat(path)).type === 'directory') {
          const { entries, nextCursor } = await fs.listDirPage(path);
          return { json: { path, items: entries, truncated: nextCursor !== undefined } };
        }
        if ((query as { download?: boolean }).download === true) {
          const { content, etag, truncated } = await fs.readFileInfo(path, {
            encoding: 'buffer',
            limit: MAX_FILE_BYTES,
          });
          if (truncated) {
            throw new ApiError('PAYLOAD_TOO_LARGE', 'A single file of more than 10 MiB is not downloaded.', {
              fix: 'Download its folder as a ZIP file.',
            });
          }
          return {
            bytes: content,
            headers: {
              etag: `"${etag}"`,
              'content-type': 'application/octet-stream',
              'content-disposition': attachment(path.split('/').at(-1) ?? 'file'),
            },
          };
        }
        const info = await fs.readFileInfo(path, { limit: MAX_FILE_BYTES });
        return {
          json: { path, content: info.content, size: info.size, truncated: info.truncated },
          headers: { etag: `"${info.etag}"` },
        };
      },
    },
    {
      method: 'put',
      path: '/api/agents/{id}/workspace/{path*}',
      tag: 'workspace',
      summary:
        'Writes a file, text as JSON or anything as bytes; `If-Match` refuses when it changed meanwhile, `If-None-Match: *` when it exists.',
      access: { action: 'workspace:write', on: 'agent' },
      body: object({ content: { type: 'string' } }),
      rawBody: ['application/octet-stream'],
      bodyLimit: MAX_FILE_BYTES + 1024,
      responses: {
        200: { description: 'Written.', schema: object({ path: type('string'), etag: type('string') }) },
      },
      errors: ['FILE_REFUSED', 'PRECONDITION_FAILED', 'PAYLOAD_TOO_LARGE', 'NO_SPACE', 'CONFLICT'],
      handle: async ({ agent, params, body, request }) => {
        const path = filePath(params);
        const fs = await files.workspace(agent.id);
        const ifMatch = unquote(request.headers['if-match']);
        const content = Buffer.isBuffer(body) ? body : wholeText((body as { content: string }).content);
        const { etag } = await fs.writeFile(path, content, {
          ...(ifMatch === undefined ? {} : { ifMatch }),
          ...(request.headers['if-none-match'] === '*' ? { ifNoneMatch: '*' as const } : {}),
        });
        return { json: { path, etag }, headers: { etag: `"${etag}"` } };
      },
    },
    {
      method: 'delete',
      path: '/api/agents/{id}/workspace/{path*}',
      tag: 'workspace',
      summary: 'Removes a file, or a directory with what is in it when `recursive=true`.',
      access: { action: 'workspace:write', on: 'agent' },
      query: { properties: { recursive: { type: 'boolean' } } },
      responses: { 204: { description: 'Removed.' } },
      errors: ['FILE_REFUSED', 'CONFLICT'],
      handle: async ({ agent, params, query }) => {
        const fs = await files.workspace(agent.id);
        await fs.remove(filePath(params), {
          recursive: (query as { recursive?: boolean }).recursive ?? false,
        });
        return {};
      },
    },
    {
      method: 'post',
      path: '/api/agents/{id}/workspace/{path*}/rename',
      tag: 'workspace',
      summary: 'Gives a file or directory another name in the same directory.',
      access: { action: 'workspace:write', on: 'agent' },
      body: object({ new_name: { type: 'string', minLength: 1, maxLength: 255 } }),
      responses: { 204: { description: 'Renamed.' } },
      errors: ['FILE_REFUSED', 'CONFLICT'],
      handle: async ({ agent, params, body }) => {
        const fs = await files.workspace(agent.id);
        await fs.rename(filePath(params), (body as { new_name: string }).new_name);
        return {};
      },
    },
    {
      method: 'post',
      path: '/api/agents/{id}/workspace/{path*}/move',
      tag: 'workspace',
      summary: 'Moves a file or directory; what is at the destination is never replaced.',
      access: { action: 'workspace:write', on: 'agent' },
      body: object({ dest_path: { type: 'string', minLength: 1, maxLength: 4096 } }),
      responses: { 204: { description: 'Moved.' } },
      errors: ['FILE_REFUSED', 'CONFLICT'],
      handle: async ({ agent, params, body }) => {
        const fs = await files.workspace(agent.id);
        await fs.move(filePath(params), (body as { dest_path: string }).dest_path);
        return {};
      },
    },
    {
      method: 'post',
      path: '/api/agents/{id}/workspace-folder/{path*}',
      tag: 'workspace',
      summary: 'Creates a directory.',
      access: { action: 'workspace:write', on: 'agent' },
      responses: { 201: { description: 'Created.', schema: object({ path: type('string') }) } },
      errors: ['FILE_REFUSED', 'CONFLICT'],
      handle: async ({ agent, params }) => {
        await (await files.workspace(agent.id)).mkdir(filePath(params));
        return { status: 201, json: { path: filePath(params) } };
      },
    },
    {
      method: 'get',
      path: '/api/agents/{id}/workspace-download/{folder*}',
      tag: 'workspace',
      summary: 'Downloads a folder as a ZIP file; links are named in it, not followed.',
      access: { action: 'workspace:read', on: 'agent' },
      responses: {
        200: { description: 'The archive.', mediaType: 'application/zip', schema: type('string') },
      },
      errors: ['FILE_REFUSED', 'CONFLICT', 'PAYLOAD_TOO_LARGE'],
      handle: async ({ agent, params, response, signal }) => {
        const { fileName, stream } = await archiveFolder(
          await files.workspace(agent.id),
          params['folder'] ?? '',
        );
        response.setHeader('content-type', 'application/zip');
        response.setHeader('content-disposition', attachment(fileName));
        try {
          await pipeline(stream, response, { signal });
        } catch (error) {
          // A client that went away is no failure of the server.
          if (!signal.aborted) throw error;
        }
        return { streamed: true };
      },
    },
  ];
}

function filePath(params: Readonly<Record<string, string>>): string {
  const path = params['path'] ?? '';
  if (path === '') throw new ApiError('BAD_REQUEST', 'The path of a file is missing.');
  return path;
}

function unquote(header: string | undefined): string | undefined {
  if (header === undefined || header === '*') return undefined;
  return /^(?:W\/)?"(.*)"$/.exec(header.trim())?.[1] ?? header;
}

/** Gives a text that a file can hold. */
function wholeText(content: string): string {
  // JSON can carry a lone surrogate, UTF-8 cannot.
  if (!/\p{Surrogate}/u.test(content)) return content;
  const message = 'must be well-formed text, without lone surrogates.';
  throw new ApiError('VALIDATION_FAILED', `The body is not valid: /content ${message}`, {
    issues: [{ pointer: '/content', message }],
  });
}
