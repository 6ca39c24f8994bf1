/** Parts of Node's modules that open connections. Servers, types and what only reads text are free. */
const MODULE_PARTS = {
  http: ['request', 'get', 'Agent', 'globalAgent', 'ClientRequest', 'WebSocket'],
  https: ['request', 'get', 'Agent', 'globalAgent'],
  http2: ['connect'],
  net: ['connect', 'createConnection', 'Socket', 'Stream'],
  tls: ['connect', 'createConnection', 'TLSSocket'],
};
/** Modules that are for nothing else: also dependencies that connect by themselves. */
const WHOLE_MODULES = [
  ...['dgram', 'dns', 'dns/promises', 'undici', 'ws', 'axios', 'got', 'node-fetch'],
  ...['dockerode', 'socket.io-client', 'pg', '@prisma/adapter-pg', '@libsql/client'],
];
/** What is free of a module whose other parts load any module that there is. */
const FREE_PARTS = { module: ['createRequire', 'isBuiltin', 'builtinModules'] };
/** Members of `process`, or of what it is called, that give any module of Node or of its inside. */
const LOADERS = ['getBuiltinModule', 'binding', '_linkedBinding', 'dlopen'];
const GLOBALS = ['fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest', 'WebSocketStream', 'WebTransport'];
const GLOBAL_OBJECTS = ['globalThis', 'global', 'window', 'self'];

/**
 * Outgoing connections belong to policy-net: refuses what opens one, however it is spelled. Who is exempt is said where
 * the rule is switched on.
 */
export default {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      goesOut:
        'Outgoing connections belong to policy-net ({{what}}); exemptions are one list in eslint.config.mjs.',
    },
  },
  create(context) {
    const report = (node, what) => context.report({ node, messageId: 'goesOut', data: { what } });

    /** Judges an import of whole modules, or of some of their exports. */
    function judgeModule(node, rawSource, names) {
      const source = typeof rawSource === 'string' ? rawSource.replace(/^node:/, '') : undefined;
      if (source === undefined) return;
      const free = Object.hasOwn(FREE_PARTS, source) ? FREE_PARTS[source] : undefined;
      if (free !== undefined) {
        if (names?.every((name) => free.includes(name)) !== true) report(node, `more of ${source}`);
        return;
      }
      // `_http_client` and its like: the inside of http, https, net and tls.
      if (source.startsWith('_')) {
        report(node, source);
        return;
      }
      if (WHOLE_MODULES.some((module) => source === module || source.startsWith(`${module}/`))) {
        report(node, source);
        return;
      }
      const parts = Object.hasOwn(MODULE_PARTS, source) ? MODULE_PARTS[source] : undefined;
      if (parts === undefined) return;
      const found = names?.find((name) => name === 'default' || parts.includes(name));
      if (names === undefined || found !== undefined) report(node, found ?? `all of ${source}`);
    }
    const nameOf = (node) => node.name ?? node.value;
    const isType = (node) => node.importKind === 'type' || node.exportKind === 'type';

    /** Judges a use of the global object itself. */
    function judgeGlobalObject(identifier) {
      const { parent } = identifier;
      if (parent.type === 'TSTypeQuery' || parent.type === 'TSQualifiedName') return;
      if (parent.type === 'MemberExpression' && parent.object === identifier) {
        const name = staticName(parent.property, parent.computed);
        if (name === undefined) report(parent, 'a member of the global object whose name is not fixed');
        else if (GLOBALS.includes(name)) report(parent, name);
        else if (GLOBAL_OBJECTS.includes(name)) judgeGlobalObject(parent);
        return;
      }
      if (parent.type === 'VariableDeclarator' && parent.id.type === 'ObjectPattern') {
        for (const property of parent.id.properties) {
          const name = property.key && staticName(property.key, property.computed);
          if (name === undefined || GLOBALS.includes(name))
            report(property, name ?? 'the whole global object');
        }
        return;
      }
      if (parent.type === 'UnaryExpression' || parent.type === 'BinaryExpression') return;
      report(identifier, 'the global object in another name');
    }

    return {
      ImportDeclaration(node) {
        if (isType(node)) return;
        const values = node.specifiers.filter((one) => !isType(one));
        if (node.specifiers.length > 0 && values.length === 0) return;
        const whole = values.some((one) => one.type === 'ImportNamespaceSpecifier');
        const names = values.map((one) =>
          one.type === 'ImportDefaultSpecifier' ? 'default' : one.imported && nameOf(one.imported),
        );
        judgeModule(node, node.source.value, whole ? undefined : names);
        for (const one of values)
          if (one.imported && nameOf(one.imported) === 'createRequire' && one.local.name !== 'createRequire')
            report(one, 'createRequire in another name');
      },
      ExportNamedDeclaration(node) {
        if (!node.source || isType(node)) return;
        const names = node.specifiers.filter((one) => !isType(one)).map((one) => nameOf(one.local));
        judgeModule(node, node.source.value, names);
      },
      ExportAllDeclaration(node) {
        if (!isType(node)) judgeModule(node, node.source.value, undefined);
      },
      ImportExpression(node) {
        judgeModule(node, staticText(node.source), undefined);
      },
      TSImportEqualsDeclaration(node) {
        if (!isType(node)) judgeModule(node, staticText(node.moduleReference.expression), undefined);
      },
      CallExpression(node) {
        const { callee } = node;
        const named =
          callee.type === 'MemberExpression' ? staticName(callee.property, callee.computed) : callee.name;
        if (named !== 'require' && named !== 'getBuiltinModule') return;
        const source = staticText(node.arguments[0]);
        if (source === undefined && named === 'getBuiltinModule')
          report(node, 'a module whose name is not fixed');
        judgeModule(node, source, undefined);
      },
      // What loads modules is free in the one form whose module can be read here.
      MemberExpression(node) {
        const name = staticName(node.property, node.computed);
        const isRead =
          name === 'getBuiltinModule' && node.parent.type === 'CallExpression' && node.parent.callee === node;
        if (LOADERS.includes(name) && !isRead) report(node, name);
      },
      // `process` by its module: no name of it that loads modules, and no member whose name is not fixed.
      'ImportDeclaration[source.value=/^(?:node:)?process$/] > ImportSpecifier'(node) {
        if (LOADERS.includes(nameOf(node.imported))) report(node, nameOf(node.imported));
      },
      'ExportNamedDeclaration[source.value=/^(?:node:)?process$/] > ExportSpecifier'(node) {
        if (LOADERS.includes(nameOf(node.local))) report(node, nameOf(node.local));
      },
      'MemberExpression[computed=true] > Identifier.object[name="process"]'(node) {
        const { parent } = node;
        if (staticName(parent.property, parent.computed) === undefined)
          report(node, 'a member of process whose name is not fixed');
      },
      'ObjectPattern > Property'(node) {
        const name = staticName(node.key, node.computed);
        if (LOADERS.includes(name)) report(node, name);
      },
      'Identifier[name="createRequire"]'(node) {
        const { parent } = node;
        if (parent.type === 'ImportSpecifier') return;
        const call = parent.type === 'CallExpression' && parent.callee === node ? parent.parent : undefined;
        const resolves =
          call?.type === 'MemberExpression' &&
          call.object === parent &&
          staticName(call.property, call.computed) === 'resolve';
        if (!resolves) report(node, 'createRequire for more than resolve');
      },
      'Program:exit'(node) {
        const scope = context.sourceCode.getScope(node);
        const declared = scope.variables.filter(({ defs }) => defs.length === 0);
        const references = [...scope.through, ...declared.flatMap((variable) => variable.references)];
        for (const { identifier } of new Set(references)) {
          if (GLOBAL_OBJECTS.includes(identifier.name)) judgeGlobalObject(identifier);
          else if (GLOBALS.includes(identifier.name) && identifier.parent.type !== 'TSTypeQuery') {
            report(identifier, identifier.name);
          }
        }
      },
    };
  },
};

/** The name of a member or key where it is fixed. */
function staticName(node, computed) {
  if (!computed && node.type === 'Identifier') return node.name;
  return staticText(node);
}

/** The text of an expression where it is fixed. */
function staticText(node) {
  if (node?.type === 'Literal') return String(node.value);
  if (node?.type === 'TemplateLiteral' && node.expressions.length === 0) return node.quasis[0].value.cooked;
  return undefined;
}
