import { Body, Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type z } from 'zod';
import { Needs } from '../../access/rights.ts';
import { Answers, Starts, Stores } from '../../http/documented-route.ts';
import {
  type DryRunAnswer,
  dryRunAnswer,
  type DryRunRequest,
  dryRunRequest,
  type ReplayAnswer,
  replayAnswer,
  type ReplayListParameters,
  replayListParameters,
  type ReplayPage,
  replayPage,
  replayPath,
  type ReplayRequest,
  replayRequest,
} from './replay-answer.ts';
import { ReplaysQuery } from './replays.query.ts';

interface HeaderReply {
  header(name: string, value: string): unknown;
}

@ApiTags('Operation')
@Controller('v1/dead-letters')
export class ReplaysController {
  constructor(private readonly query: ReplaysQuery) {}

  @Post('dry-run')
  @HttpCode(200)
  @Needs('letters')
  @Stores(dryRunAnswer, {
    summary: 'Try a patch on dead letters',
    description:
      'Patches the events of the selected letters and judges them as ingest would now. It sends and stores nothing. It ends after 10 s, 32 MB or 100,000 letters, and says so. 503 `kafka_unavailable`: the brokers do not answer this instance, or it has none.',
    notFound: 'There is no dead-letter topic of this topic.',
  })
  evaluateDeadLetters(@Body({ schema: dryRunRequest }) request: DryRunRequest): Promise<DryRunAnswer> {
    return this.query.dryRun(request);
  }

  @Get('replays')
  @Needs('letters')
  @Answers(replayPage, {
    summary: 'Replays of dead letters, newest first',
    description: 'Those that were asked for over HTTP; those by command are in the audit trail only.',
  })
  listReplays(@Query({ schema: replayListParameters }) parameters: ReplayListParameters): Promise<ReplayPage> {
    return this.query.list(parameters);
  }

  @Get('replays/:id')
  @Needs('letters')
  @Answers(replayAnswer, {
    summary: 'One replay of dead letters',
    description: 'How far it is, and what became of the events; it changes every second until it is done.',
    notFound: 'There is no replay with this id.',
  })
  getReplay(@Param({ schema: replayPath }) { id }: z.output<typeof replayPath>): Promise<ReplayAnswer> {
    return this.query.one(id);
  }

  @Post('replays')
  @HttpCode(202)
  @Needs('letters')
  @Starts(replayAnswer, {
    summary: 'Replay dead letters',
    description:
      'Publishes the events of the selected letters again to their machine topic, patched if a patch is given. Each letter is marked in the audit trail before it is sent; letters that were replayed before are skipped. It goes on after the answer, also when this instance ends. 403 `forbidden` where LETTER_REPLAY is off.',
  })
  async createReplay(
    @Body({ schema: replayRequest }) request: ReplayRequest,
    @Res({ passthrough: true }) reply: HeaderReply,
  ): Promise<ReplayAnswer> {
    const replay = await this.query.create(request);
    reply.header('location', `/v1/dead-letters/replays/${replay.id}`);
    return replay;
  }
}
