import { describe, expect, it, jest } from '@jest/globals';
import { AppError, DeadlineExceededError } from '@chip/service';
import { Publisher, type RecordProducer } from './publisher.ts';
import type { MachineRecord } from './records.ts';

class Away extends AppError {
  readonly code = 'kafka_unavailable';
  readonly retriable = true;
}
class Refused extends AppError {
  readonly code = 'kafka_refused';
  readonly retriable = false;
}

const record = (value: string): MachineRecord => ({
  key: 'k',
  value,
  counts: { samples: 1, inspections: 2, measurements: 3, defects: 4 },
});

/** A producer that answers each request with the next outcome, and takes everything afterwards. */
function producerOf(...outcomes: (Error | 'silence')[]): RecordProducer & { requests: string[][] } {
  const requests: string[][] = [];
  return {
    requests,
    sendAll: (_, records) => {
      requests.push(records.map(({ value }) => value));
      const outcome = outcomes.shift();
      if (outcome === 'silence') {
        return new Promise(() => undefined);
      }
      return outcome === undefined ? Promise.resolve() : Promise.reject(outcome);
    },
  };
}

const publisherOf = (producer: RecordProducer, signal = new AbortController().signal, budgetMs = 5_000) => {
  const [onOutage, onRecovery] = [jest.fn(), jest.fn()];
  return { publisher: new Publisher(producer, { budgetMs, signal, onOutage, onRecovery }), onOutage, onRecovery };
};

describe('publisher', () => {
  it('cuts requests by size, keeps the order, and counts what is acknowledged by topic', async () => {
    const producer = producerOf();
    const { publisher } = publisherOf(producer);
    const values = ['a', 'b'.repeat(200_000), 'c'.repeat(100_000), 'd', 'e'.repeat(900_000), 'f'];
    await publisher.publish('one', values.map(record));
    await publisher.publish('two', [record('g')]);
    await publisher.publish('two', []);
    expect(producer.requests.map((request) => request.map(([first]) => first).join(''))).toEqual([
      'ab',
      'cd',
      'e',
      'f',
      'g',
    ]);
    expect(publisher.totals).toEqual({
      samples: 7,
      inspections: 14,
      measurements: 21,
      defects: 28,
      records: { one: 6, two: 1 },
      repeatedRecords: 0,
    });
  });

  it('repeats a request while the brokers are away, says so once, and counts it once', async () => {
    const producer = producerOf(new Away('no'), new Away('still no'));
    const { publisher, onOutage, onRecovery } = publisherOf(producer);
    await publisher.publish('one', [record('a'), record('b')]);
    expect(producer.requests).toEqual([
      ['a', 'b'],
      ['a', 'b'],
      ['a', 'b'],
    ]);
    expect(publisher.totals).toMatchObject({ samples: 2, repeatedRecords: 4 });
    expect(onOutage).toHaveBeenCalledTimes(1);
    expect(onRecovery).toHaveBeenCalledTimes(1);
  });

  it('gives up at once on what will never succeed, and at the end of the budget on what might', async () => {
    const refused = publisherOf(producerOf(new Refused('never'))).publisher;
    await expect(refused.publish('one', [record('a')])).rejects.toThrow(Refused);
    expect(refused.totals).toMatchObject({ samples: 0, records: {} });
    const away = publisherOf(producerOf(...Array.from({ length: 9 }, () => new Away('no'))), undefined, 300).publisher;
    await expect(away.publish('one', [record('a')])).rejects.toThrow(DeadlineExceededError);
    expect(away.totals.samples).toBe(0);
  });

  it('counts the request that is acknowledged while the process is asked to stop', async () => {
    const stop = new AbortController();
    const { publisher } = publisherOf(
      {
        sendAll: async () => {
          stop.abort();
          await new Promise((resolve) => setImmediate(resolve));
        },
      },
      stop.signal,
    );
    await publisher.publish('one', [record('a')]);
    expect(publisher.totals.samples).toBe(1);
    await expect(publisher.publish('one', [record('b')])).rejects.toBe(stop.signal.reason);
  });

  it('does not wait indefinitely for a request without an answer when it is asked to stop', async () => {
    const stop = new AbortController();
    const { publisher } = publisherOf(producerOf('silence'), stop.signal);
    const publishing = publisher.publish('one', [record('a')]);
    stop.abort();
    await expect(publishing).rejects.toBe(stop.signal.reason);
    expect(publisher.totals.samples).toBe(0);
  });
});
