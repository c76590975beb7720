import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import type { AppError } from '@chip/service';
import { RethrowFilter } from '@chip/service/nest';
import type { TestKafka } from '@chip/testing';
import { afterEach } from '@jest/globals';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern } from '@nestjs/microservices';
import pino, { type Logger } from 'pino';
import type { BatchEvents, KafkaRecord, KafkaConnection, ConsumerOptions, RecordBatch } from '../src/index.ts';
import { KafkaBatchServer } from '../src/nest/index.ts';

export interface RunningServer {
  readonly server: KafkaBatchServer;
  readonly fatals: AppError[];
  readonly logLines: Record<string, unknown>[];
  stop(): Promise<void>;
}

/** A Nest microservice whose only handler is `handle`, on an own server, as a service would run it. */
export async function startServer(
  kafka: TestKafka,
  options: {
    topic: string;
    groupId: string;
    handle: (batch: RecordBatch) => Promise<void> | void;
    consumer?: Partial<ConsumerOptions>;
    connection?: Partial<KafkaConnection>;
  },
): Promise<RunningServer> {
  @Controller()
  class BatchController {
    @EventPattern<BatchEvents>(options.topic)
    async onBatch(batch: RecordBatch): Promise<void> {
      await options.handle(batch);
    }
  }
  @Module({ controllers: [BatchController] })
  class HarnessModule {}

  const fatals: AppError[] = [];
  const { logger, lines } = memoryLogger();
  const server = new KafkaBatchServer({
    connection: { ...kafka.connection(`test-${randomUUID()}`), ...options.connection },
    groups: { [options.topic]: options.groupId },
    consumer: { minBytes: 1, ...options.consumer },
    logger,
    fatal: (error) => fatals.push(error),
  });
  const app = await NestFactory.createMicroservice(HarnessModule, { strategy: server, logger: false });
  app.useGlobalFilters(new RethrowFilter());
  await app.listen();
  return { server, fatals, logLines: lines, stop: () => server.drain({ graceMs: 2_000 }) };
}

/** Starts servers for the tests of one file; each server ends with its test. */
export function useServers(kafka: TestKafka): (options: Parameters<typeof startServer>[1]) => Promise<RunningServer> {
  const running: RunningServer[] = [];
  afterEach(async () => {
    await Promise.all(running.splice(0).map((server) => server.stop()));
  });
  return async (options) => {
    const server = await startServer(kafka, options);
    running.push(server);
    return server;
  };
}

/** Records whose values count up. */
export const numbered = (count: number, from = 0): { value: string }[] =>
  Array.from({ length: count }, (_, index) => ({ value: String(from + index) }));
export const values = (records: Iterable<KafkaRecord>): string[] => [...records].map(({ value }) => String(value));

/** Keeps what is logged, so that a test can ask for it. */
export function memoryLogger(): { logger: Logger; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string): void => {
    lines.push(JSON.parse(line) as Record<string, unknown>);
  };
  return { logger: pino({ level: process.env['TEST_LOG'] ?? 'info' }, { write }), lines };
}

type BrokerRequest = 'joinGroup' | 'offsetCommit';
type Send = (request: unknown) => Promise<unknown>;

/**
 * Shows `look` every request of a kind before kafkajs sends it. A code of Kafka that `look` returns becomes its answer, and no
 * broker sees the request.
 *
 * @returns what ends this
 */
export function onRequest<R>(kind: BrokerRequest, look: (request: R) => number | undefined): () => void {
  const require = createRequire(import.meta.url);
  const { prototype } = require('kafkajs/src/broker') as { prototype: Record<BrokerRequest, Send> };
  const { createErrorFromCode } = require('kafkajs/src/protocol/error') as {
    createErrorFromCode: (code: number) => Error;
  };
  const send = prototype[kind];
  prototype[kind] = function (this: unknown, request: unknown) {
    const refusal = look(request as R);
    return refusal === undefined ? send.call(this as never, request) : Promise.reject(createErrorFromCode(refusal));
  };
  return () => {
    prototype[kind] = send;
  };
}
