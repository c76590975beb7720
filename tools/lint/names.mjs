/** How each kind of name may look. */
const IS = {
  camelCase: (name) => name[0] === name[0].toLowerCase() && !name.includes('_'),
  PascalCase: (name) => name[0] === name[0].toUpperCase() && !name.includes('_'),
  /** Without two capital letters in a row. */
  StrictPascalCase: (name) => IS.PascalCase(name) && !/\p{Lu}{2}/u.test(name),
  snake_case: (name) => name === name.toLowerCase() && /^[^_]+(_[^_]+)*$/.test(name),
  UPPER_CASE: (name) => name === name.toUpperCase() && /^[^_]+(_[^_]+)*$/.test(name),
};

/** The identifiers that a pattern binds; `isTakenOut` is of those that a pattern names like the property they come from. */
function* bound(pattern, isTakenOut = false) {
  switch (pattern?.type) {
    case 'Identifier':
      yield { node: pattern, isTakenOut };
      break;
    case 'ObjectPattern':
      for (const property of pattern.properties) {
        yield* property.type === 'Property' ? bound(property.value, property.shorthand) : bound(property.argument);
      }
      break;
    case 'ArrayPattern':
      for (const element of pattern.elements) {
        yield* bound(element);
      }
      break;
    case 'AssignmentPattern':
      yield* bound(pattern.left, isTakenOut);
      break;
    case 'RestElement':
      yield* bound(pattern.argument);
      break;
  }
}

const isOfModule = ({ parent }) =>
  (parent.type === 'ExportNamedDeclaration' ? parent.parent : parent).type === 'Program';

/**
 * One dialect of names: types are in PascalCase, constants of a module that hold a plain value in UPPER_CASE (see
 * `constants` and `lists`), and everything else in camelCase. Other constants of a module go by what they hold: a schema or a function
 * is camelCase, a table UPPER_CASE, a decorator PascalCase. A value that goes into a field or column of the same name keeps
 * it; so does what is taken out of an object. Properties and imports belong to events, columns, variables and other modules.
 */
export const names = {
  create(context) {
    const check = (node, ...styles) => {
      if (!styles.some((style) => IS[style](node.name))) {
        context.report({ node, message: `"${node.name}" is not in ${styles.join(', ')}.` });
      }
    };
    const checkBound = (pattern, ...styles) => {
      for (const { node, isTakenOut } of bound(pattern)) {
        // With an underscore before it, a name is unused, and there for its place only.
        if (!isTakenOut && !node.name.startsWith('_')) {
          check(node, ...styles);
        }
      }
    };
    const isComponents = context.filename.endsWith('.tsx');
    const checkType = ({ id }) => id && check(id, 'PascalCase');
    const checkFunction = ({ id, params }) => {
      if (id) {
        check(id, 'camelCase', ...(isComponents ? ['PascalCase'] : []));
      }
      for (const parameter of params) {
        if (parameter.type === 'TSParameterProperty') {
          [...bound(parameter.parameter)].forEach(({ node }) => check(node, 'camelCase'));
        } else {
          checkBound(parameter, 'camelCase', 'snake_case');
        }
      }
    };
    return {
      FunctionDeclaration: checkFunction,
      FunctionExpression: checkFunction,
      ArrowFunctionExpression: checkFunction,
      TSDeclareFunction: checkFunction,
      TSEmptyBodyFunctionExpression: checkFunction,
      VariableDeclarator({ id, parent }) {
        const isConstant = parent.kind === 'const' && isOfModule(parent);
        checkBound(
          id,
          'camelCase',
          ...(isConstant ? ['UPPER_CASE', 'PascalCase'] : ['snake_case', 'StrictPascalCase']),
        );
      },
      ClassDeclaration: checkType,
      ClassExpression: checkType,
      TSInterfaceDeclaration: checkType,
      TSTypeAliasDeclaration: checkType,
      TSEnumDeclaration: checkType,
      TSTypeParameter: ({ name }) => check(name, 'PascalCase'),
      TSEnumMember: ({ id }) => check({ ...id, name: id.name ?? id.value }, 'camelCase'),
    };
  },
};

/** How a boolean, a number or a string shows in the text: rules see no types. */
function isPlain(value) {
  switch (value?.type) {
    case 'Literal':
      return !value.regex;
    case 'TemplateLiteral':
    case 'UnaryExpression':
    case 'BinaryExpression':
      return true;
    case 'MemberExpression':
      return value.object.object?.name === 'process' && value.object.property.name === 'env';
    case 'CallExpression':
      return (
        /^(path|Math)$/.test(value.callee.object?.name ?? '') ||
        /^(fileURLToPath|Number|String|Boolean)$/.test(value.callee.name ?? '')
      );
    default:
      return false;
  }
}

const upperCase = (holds) => ({
  create: (context) => ({
    VariableDeclarator({ id, init, parent }) {
      const isNamedOtherwise = id.type === 'Identifier' && /^[^_].*[a-z]|^[a-z]/.test(id.name);
      if (parent.kind === 'const' && isNamedOtherwise && holds(init) && isOfModule(parent)) {
        context.report({ node: id, message: `"${id.name}" is of the module and plain: it is named in UPPER_CASE.` });
      }
    },
  }),
});
export const constants = upperCase(isPlain);
export const lists = upperCase((value) => value?.type === 'ArrayExpression');
