/** The alerts of monitoring/alerts.yaml, as they are and with shorter times. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { REPOSITORY_ROOT } from '../devstack/layout.ts';

export interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations?: { readonly summary: string; readonly runbook: string };
}

export interface Rules {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Alert[] }[];
}

export const RULES_FILE = path.join(REPOSITORY_ROOT, 'monitoring', 'alerts.yaml');

export const readRules = (): Rules => parse(readFileSync(RULES_FILE, 'utf8')) as Rules;

export const alertsOf = (rules: Rules): readonly Alert[] => rules.groups.flatMap((group) => group.rules);

export const mapAlerts = (rules: Rules, change: (alert: Alert) => Alert): Rules => ({
  groups: rules.groups.map((group) => ({ ...group, rules: group.rules.map(change) })),
});

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;
/** Shorter ranges and waits would hold too few scrapes. */
const LEAST_SECONDS = 5;

const shorter = (amount: string, unit: string, factor: number): string =>
  `${Math.max(LEAST_SECONDS, Math.round(Number(amount) * SECONDS[unit as keyof typeof SECONDS] * factor))}s`;

/**
 * The same rules with every time multiplied by `factor`: `for`, ranges (`[10m]`), and thresholds, which are written as
 * products (`5 * 60`).
 */
export const shortened = (rules: Rules, factor: number): Rules =>
  mapAlerts(rules, (alert) => ({
    ...alert,
    ...(alert.for === undefined
      ? {}
      : { for: alert.for.replace(/^(\d+)([smhd])$/, (_, n: string, u: string) => shorter(n, u, factor)) }),
    expr: alert.expr
      .replaceAll(/\[(\d+)([smhd])\]/g, (_, n: string, u: string) => `[${shorter(n, u, factor)}]`)
      .replaceAll(/\b(\d+) \* (60|3600|86400)\b/g, (_, n: string, u: string) => String(Number(n) * Number(u) * factor)),
  }));
