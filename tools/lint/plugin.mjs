/** The rules of this workspace that Oxlint does not bring. Each is broken once in lint.spec.ts, to prove it. */
import { arrows } from './arrows.mjs';
import { constants, lists, names } from './names.mjs';
import { typeImports } from './type-imports.mjs';

export default { meta: { name: 'chip' }, rules: { arrows, constants, lists, names, 'type-imports': typeImports } };
