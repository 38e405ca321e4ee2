/** A controller that asks for its service by its constructor, a pipe that checks, an exception. */
import {
  Body,
  Controller,
  Get,
  Injectable,
  Module,
  NotFoundException,
  Param,
  ParseIntPipe,
  Post,
} from '@nestjs/common';

@Injectable()
export class CatsService {
  readonly #names = ['Tom', 'Felix', 'Garfield'];

  find(id: number) {
    const name = this.#names[id];
    if (name === undefined) throw new NotFoundException(`no cat ${id}`);
    return { id, name };
  }
}

@Controller('cats')
export class CatsController {
  constructor(readonly cats: CatsService) {}

  @Get(':id')
  find(@Param('id', ParseIntPipe) id: number) {
    return this.cats.find(id);
  }

  @Post()
  async add(@Body() cat: { readonly name: string }) {
    return { added: cat.name };
  }
}

@Module({ controllers: [CatsController], providers: [CatsService] })
export class CatsModule {}
