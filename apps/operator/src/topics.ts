import { streamOf, TOPICS } from '@chip/contracts';
import { KafkaAdmin, kafkaConnection, kafkaVariables } from '@chip/kafka';
import { createLogger, loadConfig } from '@chip/service';
import { wholeNumber } from '@chip/service/command';
import { Command } from 'commander';
import { z } from 'zod';
import { byOption, environmentVariable, optionalVariable, reasonOption, runCommand } from './command.ts';
import { changeTopics } from './topics/record.ts';

async function withAdmin(work: (admin: KafkaAdmin) => Promise<void>): Promise<void> {
  const { logger } = createLogger({ name: 'topics', level: 'silent' });
  const admin = new KafkaAdmin(kafkaConnection(loadConfig(z.object(kafkaVariables)), 'chip-topics'), logger);
  try {
    await work(admin);
  } finally {
    await admin.disconnect();
  }
}

/** Partitions cannot be removed, and an absurd number of them crashes the broker. */
const MAX_PARTITIONS = 1_000;

interface ChangeOptions {
  reason: string;
  by: string;
}
const changing = (command: Command, reason: string): Command =>
  command.addOption(reasonOption(reason)).addOption(byOption());

const program = new Command('topics').description(
  'The topics of the contract: machine, accepted and dead-letter topics. Reads KAFKA_BROKERS, and DATABASE_URL (chip_operator, or the owner) for the audit trail.',
);

changing(program.command('create'), 'topics of the contract')
  .description('create missing topics; existing ones stay as they are')
  .option('--replication <n>', "replicas of each partition (default: the brokers' own)", wholeNumber(1))
  .action(async ({ replication, by, reason }: ChangeOptions & { replication?: number }) =>
    withAdmin(async (admin) => {
      const missing = await admin.missingTopics(TOPICS);
      if (missing.length === 0) {
        console.log('all topics exist');
        return;
      }
      const create = async (): Promise<void> => {
        const created = await admin.createTopics(TOPICS, replication === undefined ? {} : { replication });
        // Another process may have been faster.
        console.log(
          created.length === 0 ? 'all topics exist' : `created ${created.map((name) => admin.nameOf(name)).join(', ')}`,
        );
      };
      const url = optionalVariable('DATABASE_URL');
      if (url) {
        return changeTopics(url, { action: 'topics.create', by, reason, newValue: { topics: missing } }, create);
      }
      // A broker may be set up before there is a database.
      await create();
      console.error('not in the audit trail: DATABASE_URL is not set');
    }),
  );

program
  .command('check')
  .description('compare the topics with the contract; exit 1 if something differs')
  .action(async () =>
    withAdmin(async (admin) => {
      const differences = await admin.checkTopics(TOPICS);
      for (const difference of differences) {
        console.log(difference);
      }
      if (differences.length > 0) {
        process.exitCode = 1;
      } else {
        console.log('all topics are as the contract says');
      }
    }),
  );

changing(program.command('grow'), 'more partitions')
  .description(
    'raise the number of partitions of every topic; accepted and dead-letter topics first, so that no machine partition waits',
  )
  .argument('<partitions>', `new number of partitions, at most ${MAX_PARTITIONS}`, wholeNumber(1, MAX_PARTITIONS))
  .action(async (partitions: number, { by, reason }: ChangeOptions) =>
    withAdmin(async (admin) => {
      const isMachineTopic = (name: string): number => Number(streamOf(name) !== undefined);
      const names = TOPICS.map(({ name }) => name).sort((a, b) => isMachineTopic(a) - isMachineTopic(b));
      const before: Record<string, number> = {};
      for (const name of names) {
        before[name] = await admin.partitionCount(name);
      }
      const grow = async (): Promise<void> => {
        for (const name of names) {
          await admin.growTopic(name, partitions);
          console.log(`${admin.nameOf(name)}: ${await admin.partitionCount(name)} partitions`);
        }
      };
      if (Object.values(before).every((count) => count >= partitions)) {
        return grow();
      }
      await changeTopics(
        environmentVariable('DATABASE_URL'),
        { action: 'topics.grow', by, reason, oldValue: before, newValue: { partitions } },
        grow,
      );
    }),
  );

await runCommand(program);
