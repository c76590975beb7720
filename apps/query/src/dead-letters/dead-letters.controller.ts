import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Needs } from '../access/rights.ts';
import { Answers } from '../http/documented-route.ts';
import {
  type GroupParameters,
  groupParameters,
  type LetterGroups,
  letterGroups,
  type LetterPage,
  letterPage,
  type LetterParameters,
  letterParameters,
} from './dead-letters-answer.ts';
import { DeadLettersQuery } from './dead-letters.query.ts';
import { letterPath, type LetterPath, type OneLetter, oneLetter } from './one-letter-answer.ts';
import { OneLetterQuery } from './one-letter.query.ts';

@ApiTags('Operation')
@Controller('v1/dead-letters')
export class DeadLettersController {
  constructor(
    private readonly query: DeadLettersQuery,
    private readonly letters: OneLetterQuery,
  ) {}

  @Get()
  @Needs('letters')
  @Answers(letterPage, {
    summary: 'Dead letters, newest first',
    description:
      'Why each event was refused, and where its letter is. Details may quote what a machine sent, so this needs the role engineer or admin.',
  })
  listDeadLetters(@Query({ schema: letterParameters }) parameters: LetterParameters): Promise<LetterPage> {
    return this.query.list(parameters);
  }

  @Get('groups')
  @Needs('operation')
  @Answers(letterGroups, {
    summary: 'Dead letters by cause and machine',
    description: 'How many events were refused for which reason, since when, and from which machine.',
  })
  getDeadLetterGroups(@Query({ schema: groupParameters }) parameters: GroupParameters): Promise<LetterGroups> {
    return this.query.groups(parameters);
  }

  @Get(':topic/:partition/:offset')
  @Needs('letters')
  @Answers(oneLetter, {
    summary: 'One dead letter',
    description:
      'The event that was refused, read from its topic, with the place of the refusal in its text, beside the schema that it was judged by. 503 `kafka_unavailable`: the brokers do not answer this instance, or it has none.',
    notFound: 'There is no dead letter at this place, or its topic no longer has it.',
  })
  getDeadLetter(@Param({ schema: letterPath }) path: LetterPath): Promise<OneLetter> {
    return this.letters.answer(path);
  }
}
