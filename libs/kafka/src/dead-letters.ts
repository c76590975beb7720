import { type DeadLetter, deadLetterTopic, pointerLetter } from '@chip/contracts';
import { RecordTooLargeError } from './kafka.error.ts';
import type { KafkaProducer } from './producer.ts';

/**
 * Stores `letters` in the dead-letter topic of `source`. If that topic accepts less than the contract says, a refused
 * letter is replaced by one that only points at the event: a letter must never stop the stream it is about.
 *
 * @returns how many letters were reduced to pointers, all of them acknowledged.
 * @throws as `KafkaProducer.sendAll`; RecordTooLargeError only when the topic refuses even a pointer.
 */
export async function sendDeadLetters(
  producer: Pick<KafkaProducer, 'sendAll'>,
  source: string,
  letters: readonly DeadLetter[],
): Promise<number> {
  const topic = deadLetterTopic(source);
  try {
    await producer.sendAll(topic, letters);
    return 0;
  } catch (error) {
    if (!(error instanceof RecordTooLargeError)) {
      throw error;
    }
  }
  // One by one: the broker does not say which record of a request it refuses. Those already stored are stored twice,
  // under the same key.
  let pointers = 0;
  for (const letter of letters) {
    try {
      await producer.sendAll(topic, [letter]);
    } catch (error) {
      if (!(error instanceof RecordTooLargeError)) {
        throw error;
      }
      await producer.sendAll(topic, [pointerLetter(letter)]);
      pointers++;
    }
  }
  return pointers;
}
