import { Controller, Delete, Get, HttpCode, Module, Post } from '@nestjs/common';
import { expect, it } from '@jest/globals';
import { z } from 'zod';
import { Answers, AnswersEmpty } from './answers.js';
import { Public } from '../auth/access.js';
import { startSample } from '../sample-service.js';

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
  // A body without a shape tells a client nothing.
  @Get('anything')
  @Answers(200, z.unknown(), 'Whatever')
  anything(): object {
    return {};
  }
  @Get('silent')
  @AnswersEmpty(200, 'Nothing')
  silent(): void {}
}
@Module({ controllers: [GapsController] })
class GapsModule {}

it('stops the boot when a route declares no answer with the status it sends, or one without a shape, and names each such route', async () => {
  const started = startSample({ module: GapsModule, undeclaredAnswers: false });
  await expect(started).rejects.toThrow(
    /: GapsController\.forgotten \(200\), GapsController\.otherStatus \(201\), GapsController\.anything \(200\), GapsController\.silent \(200\)$/,
  );
});
