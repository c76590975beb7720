/** The shipped rules with times that a drill can wait for. */
import { alertsOf, mapAlerts, type Rules, shortened } from '../rules.ts';

/** Alerts that one factor for all does not suit, whatever that factor is. */
const OWN_FACTORS: Readonly<Record<string, number>> = {
  // The product refreshes the summary every 5 minutes: 6 minutes is old.
  SummaryOld: 5,
  // A service takes some seconds to start, and must do so four times within the range.
  ServiceRestarting: 7.5,
  // Each dropped flush costs a writer some seconds, until it has rejoined its group.
  WritersCompete: 15,
  // 26 hours become 52 s.
  BackupOld: 1_800,
};

/** A threshold that is not a time: what a scan of all routes leaves behind (1,600), and no target has before (300). */
const OWN_SERIES = 1_000;

/** @param factor by which every time is divided */
export function drillRules(rules: Rules, factor: number): Rules {
  const of = (divisor: number) => new Map(alertsOf(shortened(rules, 1 / divisor)).map((one) => [one.alert, one]));
  const all = of(factor);
  return mapAlerts(rules, ({ alert }) => {
    const own = OWN_FACTORS[alert];
    const short = (own === undefined ? all : of(own)).get(alert)!;
    return alert === 'MetricsCardinality' ? { ...short, expr: short.expr.replace('5000', String(OWN_SERIES)) } : short;
  });
}
