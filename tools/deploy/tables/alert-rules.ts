/** The rules of monitoring/alerts.yaml as an object of the Prometheus operator: the file k8s/monitoring/rules.yaml. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { REPOSITORY_ROOT } from '../../devstack/layout.ts';

export function alertRules(): string {
  const text = readFileSync(path.join(REPOSITORY_ROOT, 'monitoring/alerts.yaml'), 'utf8');
  const groups = text.slice(text.search(/^groups:$/m));
  return `# Generated from monitoring/alerts.yaml by "npm run docs".
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: chip-quality
spec:
${groups.replaceAll(/^(?=.)/gm, '  ')}`;
}
