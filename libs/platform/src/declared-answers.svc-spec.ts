import { Controller, Delete, Get, HttpCode, Module, Post } from '@nestjs/common';
import { expect, it } from '@jest/globals';
import { z } from 'zod';
import { Answers, AnswersEmpty } from './answers.js';
import { Public } from './auth.js';
import { startSample } from './sample-service.js';

const Nothing = z.object({});

@Public('for the specs')
@Controller('v1/gaps')
class GapsController {
  @Get('declared')
  @Answers(200, Nothing, 'Nothing')
  declared(): object {
    return {};
  }
  @Get('forgotten')
  forgotten(): object {
    return {};
  }
  // Nest sends 201.
  @Post('other-status')
  @Answers(200, Nothing, 'Nothing')
  otherStatus(): object {
    return {};
  }
  @Delete('removed')
  @HttpCode(204)
  @AnswersEmpty(204, 'It is gone')
  removed(): void {}
}
@Module({ controllers: [GapsController] })
class GapsModule {}

it('stops the boot when a route declares no answer with the status it sends, and names each such route', async () => {
  const started = startSample({ module: GapsModule, undeclaredAnswers: false });
  await expect(started).rejects.toThrow(/: GapsController\.forgotten \(200\), GapsController\.otherStatus \(201\)$/);
});
