import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import { createLogger, Health, Lifecycle } from '@chip/service';
import { ServiceModule } from '@chip/service/nest';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Registry } from 'prom-client';
import { Database } from '../connection/database.ts';
import { DatabaseModule } from './database.module.ts';

const OTHER = Symbol('other');
const CACHE = Symbol('cache');

async function start(url: string | undefined) {
  const { logger } = createLogger({ name: 'test', level: 'silent', instance: 'test' });
  const lifecycle = new Lifecycle(logger, () => undefined);
  const ended: string[] = [];
  @Module({
    imports: [
      ServiceModule.forRoot({ config: { url }, logger, registry: new Registry(), health: new Health(), lifecycle }),
      DatabaseModule.forRoot<{ url?: string }>({
        applicationName: 'test',
        url: (config) => config.url,
        pool: () => ({ max: 1 }),
      }),
      DatabaseModule.forRoot({ token: OTHER, applicationName: 'other', url: () => undefined, pool: () => ({}) }),
    ],
    providers: [
      {
        provide: CACHE,
        inject: [Database, Lifecycle],
        useFactory: (database: Database | null, ending: Lifecycle) => {
          ending.onDrain('connections', 'cache', async () => {
            ended.push((await database!.query('SELECT 1').catch((error: { code: string }) => error.code)) as string);
          });
          return database;
        },
      },
    ],
  })
  class TestModule {}
  const app = await NestFactory.createApplicationContext(TestModule, { logger: false });
  return { app, lifecycle, ended };
}

describe('DatabaseModule', () => {
  it('closes the pool behind what was made from it', async () => {
    const { app, lifecycle, ended } = await start('postgres://nobody@127.0.0.1:1/nothing');
    const database = app.get<Database>(Database, { strict: false });
    expect(database).toBeInstanceOf(Database);
    expect(await lifecycle.run('connections', AbortSignal.timeout(5_000), () => 5_000)).toBe(true);
    expect(ended).toEqual(['database_unavailable']);
    await expect(database.query('SELECT 1')).rejects.toThrow(/closed|end/);
  });

  it('injects null for a database that the service runs without', async () => {
    const { app } = await start(undefined);
    expect(app.get(Database, { strict: false })).toBeNull();
    expect(app.get(OTHER, { strict: false })).toBeNull();
  });
});
