import { randomBytes } from 'node:crypto';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import lz4 from 'lz4-napi';
import snappy from 'snappy';
import { CODECS, DecompressionBudget, UndecodableBatchError } from './codecs.ts';

/** Record batches as the Java client 4.1 wrote them: 60 telemetry samples each, with its own snappy and LZ4 framing. */
const JAVA_BATCHES = {
  gzip: 'H4sIAAAAAAAA/63Tb0dDYRzG8XOSJEmSJEmOZGbm3r1zttMkSZIkSZKktZ3ubNlm7v15kt5IegHTq2xlv19v4Pv0cvk8+07CIAjCz/A9Gjg/bmeu3mt0XVSL3DBrOR8Voq4b+nYmc9ZqdJvO1/veDQYj7/4P40ZnNH2YYvIRTMIgN0eqJVHnSdXO1PwCqZZFXSTVWNQlUk1EXSbViqgrpFoVdZVUU1HXSPXgV/2equvhF1iBEXYDZUvCbqKsFXYLZcvCbqNsLOwOyibC7qJsZcaaCGWrwu6hbCrsPspKZSZHslYqM3mUlcpMAWWlMlNEWanMGpSVyqxFWanMxigrldkKykplNkVZqczWUFYqs4ckW5bK7BHKSmX2GGWlMnuCslrZKcpqZWcoq5Wdo6xWdoGyWtklymplVyirlV2TbKyV3aCsVnaLslrZHcpqZfcoq5U9oKxW9oiyWtkTymplzyirlTVRVit7IdlEK3tFWa2shbJa2RvKamUdlNXKeiirlfVRVivzKKuVDVFWKxuj7F9lP3r17AhaFAAA',
  snappy:
    'glNOQVBQWQAAAAABAAAAAQAAAvyVKaCoAQAAAAGaAXsic2VydmljZV9uYW1lIjoiZXRjaGVyIiwibWV0cmljXw0XPGNoYW1iZXJfcHJlc3N1cmUZIUR2YWx1ZSI6MC41fQCqAQCyAQL+VwAuVwAAMRVXAAT+VwAuVwAAMhVXAAb+VwAuVwAAMw1XCLQBCP5XAC5XAAA0FVcACv5XAC5XAAA1FVcADP5XAC5XAAA2FVcADv5XAC5XAAA3FVcAEP5XAC5XAAA4FVcAEv5XAC5XAAA5AVccrAEAtAEUAZz+ZgN5ZgAxZWcFWAAW/lgAMlgAZWgFWAAY/lgAMlgAZWkFWAAa/lgAMlgAZWoFWAAc/lgAMlgAZWsFWAAe/lgAMlgAZWwFWAAg/lgAMlgAZW0FWAAi/lgAMlgAZW4FWAAk/lgAMlgAZW8FWAAm/lgAMlgAeXAAKP5YAC5YAAAyeXAAKv5YADJYAHlwACz+WAAyWAB5cAAu/lgAMlgAeXAAMP5YADJYAHlwADL+WAAyWAB5cAQ0Af6ABb2AADJ5cAA2/lgAMlgAeXAAOP5YADJYAHlwADr+WAAyWAB5cAA8/lgALlgAADN5cAA+/lgAMlgAeXAAQP5YADJYAHlwAEL+WAAyWAB5cABE/lgAMlgAeXAARv5YADJYAHlwAEj+WAAyWAB5cABK/lgAMlgAeXAATP5YADJYAHlwAE7+WAAyWABxcAi2AVD+WAAuWAAANHFwCLYBUv5YADJYAHFwCLYBVP5YADJYAHFwCLYBVv5YADJYAHFwCLYBWP5YADJYAHFwCLYBWv5YADJYAHFwCLgBXP5YADJYAHFwCLgBXv5YADJYAHFwCLgBYP5YADJYAHFwCLgBYv5YADJYAHFwCLgBZP5YAC5YAAA1cXAIuAFm/lgAMlgAcXAIuAFo/lgAMlgAcXAIuAFq/lgAMlgAcXAIuAFs/lgAMlgAcXAIuAFu/lgAMlgAeXAAcP5YADJYAHlwAHL+WAAyWAB5cAB0/lgAMlgAeXAAdv5YADJYABA5LjV9AA==',
  lz4: 'BCJNGGBAgnECAAD0GagBAAAAAZoBeyJzZXJ2aWNlX25hbWUiOiJldGNoZXIiLCJtZXRyaWMXAPYBY2hhbWJlcl9wcmVzc3VyZSEA/wJ2YWx1ZSI6MC41fQCoAQBWAlYAORQxVgAfBFYAORQyVgAfBlYAORQzVgAfCFYAORQ0VgAfClYAORQ1VgAfDFYAORQ2VgAfDlYAORQ3VgAfEFYAORQ4VgAfElYAORA5VgB/qgEAWBQBnFwDNxExXQMAVwAfFlcAOgFeAwBXAB8YVwA6AV8DAFcAHxpXADoBYAMAVwAfHFcAOgFhAwBXAB8eVwA6AWIDAFcAHyBXADoBYwMAVwAfIlcAOgFkAwBXAB8kVwA6AWUDX6oBAFomVwA6BGYDL1ooVwA5FDJmAy9aKlcAOgRmAy9aLFcAOgRmAy9aLlcAOgRmAy9aMFcAOgRmAy9aMlcAOgRmAy9aNFcAOgRmAy9aNlcAOgRmAy9aOFcAOgVmAx86VwA6BWYDHzxXADkjMzAjBy9aPlcAOgVmAx9AVwA6BWYDH0JXADoFZgMfRFcAOgVmAx9GVwA6BWYDH0hXADoFZgMfSlcAOgRmAy9cTFcAOgRmAy9cTlcAOgRmAy9cUFcAORQ0ZgMvXFJXADoEZgMvXFRXADoEZgMvXFZXADoEZgMvXFhXADoEZgMvXFpXADoEZgMvXFxXADoEZgMvXF5XADoFZgMfYFcAOgVmAx9iVwA6BWYDH2RXADkVNWYDH2ZXADoFZgMfaFcAOgVmAx9qVwA6BWYDH2xXADoFZgMfblcAOgVmAx9wVwA6BWYDH3JXADoFZgMfdFcAOgVmAx92VwA6UDkuNX0AAAAAAA==',
  zstd: 'KLUv/QBYhAkAMo0yLRB12yIAIQCERYDI3kbl61tKlzyxQX6X5HdJfo5W9ubK3k0AjoClAFgKGFvaAU3k0s0sVjMF+Wd6JEqs4Mlzk8uxJZWEjrjIDJEg8QN6vNlxOexG1aAZ3eIY80JaxApI8eTEnaytlE6P80kpapoFSrwYcSHsQ3XUwRsmg1yICjChV1qP4EsjjO6BNagFlMAHpoAMiAAw0yqtY5rIpTe5D3mo7HPouj6DNvk5FlVh3MnYW07j8lcYeze5t6jP5nEny3+5lHbp1lrDBHioEZBvpV7tBtBTWgMSYCAIMBB2QvD///0BmqKkaJQ1tYYyNaWarqFrirWQ1eiqqKyaSlWhzgyaoqxoKDWuKtWQqNFVdY2SpoKdbvKk1j8VSJLn5RnJLBVrqcmTimzgD/2QKgEAAA==',
};
const NAMES = ['gzip', 'snappy', 'lz4', 'zstd'] as const;
const MIB = 1024 * 1024;

const compress = (name: (typeof NAMES)[number], buffer: Buffer): Promise<Buffer> => CODECS[name].compress({ buffer });

describe.each(NAMES)('%s', (name) => {
  it('reads what the Java client writes', async () => {
    const records = await CODECS[name].decompress(Buffer.from(JAVA_BATCHES[name], 'base64'));
    expect(records.toString('latin1').match(/chamber_pressure/g)).toHaveLength(60);
    expect(records.includes('"metric_value":59.5}')).toBe(true);
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['one byte', Buffer.from('a')],
    ['text that repeats', Buffer.from('abc'.repeat(100_000))],
    ['noise', randomBytes(300_000)],
  ])('round-trips %s', async (_, content) => {
    expect((await CODECS[name].decompress(await compress(name, content))).equals(content)).toBe(true);
  });

  it('refuses a bomb without unpacking it', async () => {
    const bomb = await compress(name, Buffer.alloc(65 * MIB));
    const before = process.memoryUsage().rss;
    await expect(CODECS[name].decompress(bomb)).rejects.toThrow(/more than 67108864 bytes/);
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * MIB);
  });

  it('refuses damaged bytes as undecodable', async () => {
    const damaged = Buffer.from(await compress(name, randomBytes(1_000)));
    damaged.fill(0xff, 4, 40);
    await expect(CODECS[name].decompress(damaged)).rejects.toBeInstanceOf(UndecodableBatchError);
    await expect(CODECS[name].decompress(Buffer.from('garbage'))).rejects.toBeInstanceOf(UndecodableBatchError);
  });

  it('draws on one budget for everything a fetch unpacks', async () => {
    const batch = await compress(name, Buffer.alloc(MIB));
    const budget = new DecompressionBudget(2.5 * MIB);
    await CODECS[name].decompress(batch, budget);
    await CODECS[name].decompress(batch, budget);
    await expect(CODECS[name].decompress(batch, budget)).rejects.toMatchObject({ isTooLarge: true });
    expect(budget.remainingBytes).toBe(MIB / 2);
    // Another fetch has its own.
    await expect(CODECS[name].decompress(batch, new DecompressionBudget(2 * MIB))).resolves.toHaveLength(MIB);
  });
});

describe('foreign framings', () => {
  it('reads raw snappy, as clients without the Java framing write it', async () => {
    expect(String(await CODECS.snappy.decompress(await snappy.compress('raw')))).toBe('raw');
  });

  it('refuses a xerial chunk that claims to be longer than the batch', async () => {
    const header = Buffer.from('82534e4150505900000000010000000100000fff00', 'hex');
    await expect(CODECS.snappy.decompress(header)).rejects.toBeInstanceOf(UndecodableBatchError);
  });

  it('reads LZ4 frames with checksums', async () => {
    const frame = await lz4.compressFrame(Buffer.from('x'.repeat(1_000)), {
      contentChecksum: true,
      blockChecksums: true,
    });
    expect(await CODECS.lz4.decompress(frame)).toHaveLength(1_000);
  });

  it('reads zstd frames whatever their headers say of their size', async () => {
    const content = Buffer.from('abcdefgh'.repeat(20_000));
    for (const pledgedSrcSize of [undefined, content.length]) {
      const frame = zstdCompressSync(content, pledgedSrcSize === undefined ? {} : { pledgedSrcSize });
      expect((await CODECS.zstd.decompress(frame)).equals(content)).toBe(true);
    }
    for (const size of [0, 255, 256, 65_791, 65_792, 70_000]) {
      const part = content.subarray(0, size);
      expect((await CODECS.zstd.decompress(await compress('zstd', part))).equals(part)).toBe(true);
    }
    const lying = await compress('zstd', content);
    lying.writeUInt32LE(0xffffffff, lying.readUInt32LE(5) === content.length ? 5 : 6);
    await expect(CODECS.zstd.decompress(lying)).rejects.toBeInstanceOf(UndecodableBatchError);
  });

  it('reads several gzip members in a row', async () => {
    const members = Buffer.concat([gzipSync(Buffer.from('one')), gzipSync(Buffer.from('two'))]);
    expect(String(await CODECS.gzip.decompress(members))).toBe('onetwo');
  });

  describe('several zstd frames in a row', () => {
    /** A skippable frame (RFC 8878, section 3.1.2). */
    const skippable = Buffer.from('502a4d1803000000616263', 'hex');
    const frame = fc.record({
      content: fc.oneof(
        fc.constant(Buffer.alloc(0)),
        fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
        // Around the size of the pieces that are unpacked.
        fc.constantFrom(65_535, 65_536, 65_537, 200_000).map((size) => Buffer.from('ab'.repeat(size).slice(0, size))),
      ),
      isSized: fc.boolean(),
      isChecked: fc.boolean(),
      isBehindSkippable: fc.boolean(),
    });
    type Frame = typeof frame extends fc.Arbitrary<infer Value> ? Value : never;
    const packed = ({ content, isSized, isChecked, isBehindSkippable }: Frame): Buffer =>
      Buffer.concat([
        isBehindSkippable ? skippable : Buffer.alloc(0),
        zstdCompressSync(content, {
          params: { [constants.ZSTD_c_checksumFlag]: Number(isChecked) },
          ...(isSized ? { pledgedSrcSize: content.length } : {}),
        }),
      ]);

    it('are all read, as a broker reads them', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(frame, { minLength: 1, maxLength: 5 }), async (frames) => {
          const whole = Buffer.concat(frames.map(({ content }) => content));
          const budget = new DecompressionBudget(whole.length + 1);
          const read = await CODECS.zstd.decompress(Buffer.concat(frames.map(packed)), budget);
          expect(read.equals(whole)).toBe(true);
          expect(budget.remainingBytes).toBe(1);
        }),
        { numRuns: 100 },
      );
    });

    it('that are cut off are read up to there or refused, never more', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(frame, { minLength: 1, maxLength: 3 }),
          fc.double({ min: 0, max: 1, noNaN: true }),
          async (frames, share) => {
            const bytes = Buffer.concat(frames.map(packed));
            const whole = Buffer.concat(frames.map(({ content }) => content));
            const cut = bytes.subarray(0, Math.floor(bytes.length * share));
            const read = await CODECS.zstd.decompress(cut).catch((error: unknown) => error);
            if (Buffer.isBuffer(read)) {
              expect(whole.subarray(0, read.length).equals(read)).toBe(true);
            } else {
              expect(read).toBeInstanceOf(UndecodableBatchError);
            }
          },
        ),
        { numRuns: 200 },
      );
    });

    it('share one limit, and are no more than a batch has records', async () => {
      const bomb = await compress('zstd', Buffer.alloc(MIB));
      const budget = new DecompressionBudget(2 * MIB);
      await expect(CODECS.zstd.decompress(Buffer.concat([bomb, bomb, bomb]), budget)).rejects.toMatchObject({
        isTooLarge: true,
      });
      expect(await CODECS.zstd.decompress(Buffer.concat([bomb, bomb, skippable]), budget)).toHaveLength(2 * MIB);
      const many = Buffer.concat(Array<Buffer>(1_001).fill(zstdCompressSync(Buffer.alloc(0))));
      await expect(CODECS.zstd.decompress(many)).rejects.toThrow('more than 1000 compressed frames');
    });

    it('end where something else follows', async () => {
      const batch = Buffer.concat([await compress('zstd', Buffer.from('one')), Buffer.from('garbage')]);
      expect(String(await CODECS.zstd.decompress(batch))).toBe('one');
    });
  });
});
