import { describe, expect, it } from 'vitest';
import { SettingsInForce } from './settings-in-force.js';
import { defaultSettings } from './settings-table.js';

describe('SettingsInForce', () => {
  it('changes what is given, for those who hold the live settings too, and names it', () => {
    const inForce = new SettingsInForce({ uploadSlots: 5 });
    const { live, current } = inForce;
    expect(inForce.apply({ uploadSlots: 6, maxConnections: 9, clientName: current.clientName })).toEqual(
      expect.arrayContaining(['uploadSlots', 'maxConnections']),
    );
    expect(inForce.current).toEqual({ ...defaultSettings, uploadSlots: 6, maxConnections: 9 });
    expect(live).toEqual(inForce.current);
    expect(inForce.live).toBe(live);
    expect(current.uploadSlots).toBe(5);
    expect(Object.isFrozen(inForce.current)).toBe(true);
    expect(inForce.apply({ uploadSlots: 6 })).toEqual([]);
  });

  it.each([
    [{ uploadSlots: 1, maxConnections: 0 }, 'SETTING_RANGE'],
    [{ uploadSlots: 1, diskPoolBytes: 2 ** 20 }, 'SETTING_FIXED'],
    [{ uploadSlots: 1, sendBufferLowBytes: 2 ** 20 }, 'SETTING_RANGE'],
    [{ uploadSlots: 1, nonsense: 1 }, 'SETTING_UNKNOWN'],
  ])('changes nothing where it refuses %j', (given, code) => {
    const inForce = new SettingsInForce({});
    const { live, current } = inForce;
    expect(() => inForce.apply(given)).toThrow(expect.objectContaining({ code }));
    expect(inForce.current).toBe(current);
    expect(live).toEqual(defaultSettings);
  });

  it('takes a fixed setting as it is', () => {
    const given: object = { diskPoolBytes: defaultSettings.diskPoolBytes };
    expect(new SettingsInForce({}).apply(given)).toEqual([]);
  });
});
