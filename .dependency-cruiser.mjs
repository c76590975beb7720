/**
 * No import circle between files, nor between folders (which would be an arrow back up); imports of types count. Which
 * library may import which is the business of tools/lint/arrows.mjs.
 */
export default {
  forbidden: [
    {
      name: 'no-circle',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-folder-circle',
      severity: 'error',
      scope: 'folder',
      from: {},
      to: { circular: true },
    },
    {
      name: 'tools-lean-on-the-stack',
      comment: 'Of other tools, a tool uses the local stack alone; examples in pages run on the pipeline of the tests.',
      severity: 'error',
      from: { path: '^tools/([^/]+)/', pathNot: '^tools/(drill|soak)/' },
      to: { path: '^tools/[^/]+/', pathNot: ['^tools/(devstack|$1)/', '^tools/e2e/(pipeline|secured-kafka)[.]ts$'] },
    },
    {
      name: 'drills-and-soaks-run-on-the-fault-suite',
      comment: 'Its system, load and checker are their proof as well.',
      severity: 'error',
      from: { path: '^tools/(drill|soak)/' },
      to: { path: '^tools/', pathNot: '^tools/(devstack|drill|soak|faults)/' },
    },
    {
      name: 'the-stack-leans-on-no-tool',
      severity: 'error',
      from: { path: '^tools/devstack/' },
      to: { path: '^tools/', pathNot: '^tools/devstack/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Tests sit beside what they test and share helpers; they are nobody's floor.
    exclude: { path: '(^|/)(dist|node_modules|test-results|test)/|[.](int-)?spec[.]ts$' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.tsx', '.mjs', '.js'] },
  },
};
