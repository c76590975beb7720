/** The consumer groups and accepted topics by their names on the brokers, written down independently of the services. */
import type { Admin } from 'kafkajs';
import { waitFor } from '../../devstack/processes/wait-for.ts';
import { ENVIRONMENT, onBroker } from '../load/stream.ts';
import { withAdmin } from '../system/clients.ts';
import type { Target } from './fault.ts';

export const groups = {
  writer: {
    telemetry: `${ENVIRONMENT}chip-writer-telemetry`,
    inspection: `${ENVIRONMENT}chip-writer-inspection`,
  },
  ingest: {
    telemetry: `${ENVIRONMENT}chip-ingest-telemetry`,
    inspection: `${ENVIRONMENT}chip-ingest-inspection`,
  },
};
export const acceptedTopic = {
  telemetry: onBroker('telemetry.accepted.v1'),
  inspection: onBroker('inspection.accepted.v1'),
};
export const KINDS = ['telemetry', 'inspection'] as const;

/** Kafka lets only groups without members be changed by hand. */
export async function withGroupsDown(
  { system }: Target,
  project: 'ingest' | 'writer',
  change: (admin: Admin) => Promise<void>,
): Promise<void> {
  const names = system.names(project);
  await system.holdDown(names, 'SIGTERM');
  try {
    await withAdmin(system.brokers, async (admin) => {
      await untilEmpty(admin, Object.values(groups[project]));
      await change(admin);
    });
  } finally {
    await system.startAgain(names);
  }
}

/** A member that could not leave stays until its session ends. */
async function untilEmpty(admin: Admin, groupIds: string[]): Promise<void> {
  const isEmpty = async () => {
    const { groups: described } = await admin.describeGroups(groupIds);
    return described.every(({ state }) => state === 'Empty' || state === 'Dead');
  };
  if (!(await waitFor(isEmpty, 30_000))) {
    throw new Error(`${groupIds.join(', ')} still have members, 30 s after they ended`);
  }
}
