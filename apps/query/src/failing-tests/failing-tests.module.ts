/** Which tests (measurements with limits) units fail. */
import { Module } from '@nestjs/common';
import { FailingTestsController } from './failing-tests.controller.ts';
import { FailingTestsQuery } from './failing-tests.query.ts';

@Module({ controllers: [FailingTestsController], providers: [FailingTestsQuery] })
export class FailingTestsModule {}
