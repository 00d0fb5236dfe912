import { contentHash } from '../../../../../core/runtime/content-hash.js';
import { weightsHash } from '../../../../../core/network/model-directory/weights-hash.js';

describe('the hash that names the weights of a directory', () => {
  const config = { path: 'config.json', sha256: 'c' };

  it('is that of the one weights file', () => {
    expect(weightsHash([config, { path: 'model.safetensors', sha256: 'w' }])).toBe('w');
  });

  it('is one over the shards by name, in whatever order they come', () => {
    const shards = [
      { path: 'model-2.safetensors', sha256: 'b' },
      { path: 'model-1.safetensors', sha256: 'a' },
    ];
    const expected = contentHash([
      ['model-1.safetensors', 'a'],
      ['model-2.safetensors', 'b'],
    ]);
    expect(weightsHash([...shards, config])).toBe(expected);
  });

  it('is of the directory itself, and there is none without weights', () => {
    expect(weightsHash([config, { path: 'old/model.safetensors', sha256: 'w' }])).toBeUndefined();
  });
});
