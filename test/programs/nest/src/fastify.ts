/** The same on Fastify. */
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { CatsModule } from './cats.js';

const app = await NestFactory.create(CatsModule, new FastifyAdapter(), { logger: ['error', 'warn'] });
app.enableShutdownHooks();
await app.listen(3000, '0.0.0.0');
