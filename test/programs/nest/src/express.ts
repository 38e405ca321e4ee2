/** Nest on Express, as `nest new` makes its main.ts. */
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { CatsModule } from './cats.js';

const app = await NestFactory.create(CatsModule, { logger: ['error', 'warn'] });
app.enableShutdownHooks();
await app.listen(3000);
