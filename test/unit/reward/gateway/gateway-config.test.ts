import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { readGatewayConfig } from '../../../../reward/gateway/gateway-config.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

const price = { promptPerMillion: 0.4, completionPerMillion: 1.2 };
const good = {
  budget: { currency: 'USD', perRun: 12.34, runs: { big: 100 } },
  endpoints: { main: { url: 'http://localhost:8000/v1' } },
  judges: [{ id: 'qwen', model: 'qwen', routes: [{ endpoint: 'main', price }] }],
};

describe("a gateway's file", () => {
  const folder = useTemporaryFolder();
  const path = (): string => join(folder(), 'gateway.yaml');

  function read(config: object): ReturnType<typeof readGatewayConfig> {
    writeFileSync(path(), stringify(config));
    return readGatewayConfig(path());
  }

  it('gives amounts in millionths and limits for a minute', async () => {
    const config = await read(good);
    expect(config.budget).toEqual({ currency: 'USD', perRun: 12_340_000, runs: { big: 100_000_000 } });
    expect(config.judges[0].routes[0].price).toEqual({
      promptPerMillion: 400_000,
      completionPerMillion: 1_200_000,
    });
    expect(config.endpoints.main.limits.perSeconds).toBe(60);
    expect(config.listen).toEqual({ host: '127.0.0.1', port: 7461, tokenFile: 'gateway.token' });
  });

  const judge = good.judges[0];
  it.each<[string, object, RegExp]>([
    [
      'an endpoint nobody has',
      { ...good, judges: [{ ...judge, routes: [{ endpoint: 'other', price }] }] },
      /at judges\[0\]\.routes\[0\]\.endpoint: found "other"; allowed: one of main$/,
    ],
    [
      'a route without a price',
      { ...good, judges: [{ ...judge, routes: [{ endpoint: 'main' }] }] },
      /at judges\[0\]\.routes\[0\]\.price: found nothing/,
    ],
    [
      'a fraction of a millionth',
      { ...good, budget: { currency: 'USD', perRun: 0.0000001 } },
      /at budget\.perRun: .*allowed: an amount of at most six decimals$/,
    ],
    ['no budget', { ...good, budget: undefined }, /at budget: /],
    [
      'two judges of one id',
      { ...good, judges: [judge, judge] },
      /at judges\[1\]\.id: found "qwen"; allowed: each id once/,
    ],
    [
      'an endpoint that is no URL',
      { ...good, endpoints: { main: { url: 'localhost' } } },
      /at endpoints\.main\.url: found "localhost"; allowed: an http or https URL$/,
    ],
    [
      'a misspelt key',
      { ...good, budgets: {} },
      /found unknown key "budgets"; allowed: the keys listen, metrics, store/,
    ],
  ])('refuses %s', async (_case, config, message) => {
    await expect(read(config)).rejects.toThrow(message);
    await expect(read(config)).rejects.toMatchObject({ code: 'invalid_argument' });
  });
});
