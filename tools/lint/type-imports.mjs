const TYPES = new Set(['TSTypeReference', 'TSTypeQuery', 'TSClassImplements', 'TSInterfaceHeritage']);

/** Whether an identifier, or the qualified name that begins with it, stands for a type. */
function isType(node) {
  const { parent } = node;
  return parent.type === 'TSQualifiedName' && parent.left === node ? isType(parent) : TYPES.has(parent.type);
}

/** `a.name` and `{ name: a }` mention no variable of that name. */
const isProperty = (node) =>
  !node.parent.computed &&
  (node.parent.property === node || (node.parent.key === node && node.parent.value !== node && !node.parent.shorthand));

/**
 * What a module needs for its types alone is imported as a type, so that it is not loaded. Oxlint's rule of this kind would
 * break the classes that Nest injects: their decorators need what they import at run time. Here such files go unchecked.
 */
export const typeImports = {
  create(context) {
    /** Names that are not known to be used as a value, and whether they are used at all. */
    const imported = new Map();
    let isDecorated = false;
    const see = (node) => {
      const found = imported.get(node.name);
      if (!found || node.parent === found.specifier || isProperty(node)) {
        return;
      }
      if (isType(node)) {
        found.isUsed = true;
      } else {
        imported.delete(node.name);
      }
    };
    return {
      Program({ body }) {
        const imports = body.filter(({ type, importKind }) => type === 'ImportDeclaration' && importKind !== 'type');
        for (const specifier of imports.flatMap(({ specifiers }) => specifiers)) {
          if (specifier.importKind !== 'type') {
            imported.set(specifier.local.name, { specifier, isUsed: false });
          }
        }
      },
      Decorator() {
        isDecorated = true;
      },
      Identifier: see,
      JSXIdentifier: see,
      'Program:exit'() {
        for (const [name, { specifier, isUsed }] of isDecorated ? [] : imported) {
          if (isUsed) {
            context.report({ node: specifier, message: `"${name}" is only used as a type: import it with "type".` });
          }
        }
      },
    };
  },
};
