import { connect } from 'node:net';
import { Controller, Module, Post } from '@nestjs/common';
import { expect, it } from '@jest/globals';
import { Right } from '../auth/access.js';
import { TicketId } from '../auth/parameters.js';
import { startSample } from '../sample-service.js';

@Controller('v1/uploads')
class DoorsController {
  @Post(':id')
  @Right('tickets:create')
  open(@TicketId('id') id: string): { id: string } {
    return { id };
  }
}
@Module({ controllers: [DoorsController] })
class DoorsModule {}

it('refuses a request without a token before its body arrives, on a path with a parameter too', async () => {
  const sample = await startSample({ module: DoorsModule });
  try {
    const { port } = new URL(sample.url);
    const socket = connect(Number(port), '127.0.0.1');
    // The body never arrives: an answer means that the service did not wait for it.
    socket.write('POST /v1/uploads/1 HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{');
    const answer = await new Promise<string>((resolve, reject) => {
      socket.once('data', (data: Buffer) => resolve(data.toString()));
      socket.once('error', reject);
      setTimeout(() => reject(new Error('no answer within a minute')), 60_000).unref();
    }).finally(() => socket.destroy());
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
  } finally {
    await sample.stop();
  }
});
