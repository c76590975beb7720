/** The routes of the service, as its controllers declare them. */
import { RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA, ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { EXTENSION, type Outline, statedRight } from './rights.ts';

/**
 * The document without texts and schemas: paths, methods, rights, and which routes have a query. The whole of it takes a
 * quarter of a start to build, and few processes are ever asked for it.
 */
export function outlineOf(app: NestFastifyApplication): Outline {
  const paths: Record<string, Record<string, object>> = {};
  const scanner = new MetadataScanner();
  for (const { controllers } of app.get(ModulesContainer).values()) {
    for (const { metatype } of controllers.values()) {
      const { prototype } = metatype as { prototype: Record<string, object> };
      for (const name of scanner.getAllMethodNames(prototype)) {
        const handler = prototype[name] as object;
        const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined;
        if (method === undefined) {
          continue;
        }
        const parts = [metatype as object, handler].map((of) => Reflect.getMetadata(PATH_METADATA, of) as string);
        const path = `/${parts.join('/').split('/').filter(Boolean).join('/')}`.replaceAll(/:(\w+)/g, '{$1}');
        const args = Reflect.getMetadata(ROUTE_ARGS_METADATA, metatype as object, name) as object | undefined;
        const hasQuery = Object.keys(args ?? {}).some((arg) => arg.startsWith(`${RouteParamtypes.QUERY}:`));
        (paths[path] ??= {})[RequestMethod[method].toLowerCase()] = {
          [EXTENSION]: statedRight(handler) ?? statedRight(metatype as object),
          parameters: hasQuery ? [{ in: 'query' }] : [],
        };
      }
    }
  }
  return { paths };
}
